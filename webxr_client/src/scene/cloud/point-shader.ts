/**
 * GLSL of the cloud. The shader interpolates positions between two integer keyframes; the CPU does
 * no work per point in a frame.
 */

export const vertexShader = /* glsl */ `
in vec4 keyframeFrom;   // grid / 65535
in vec4 keyframeTo;
in vec2 classes;        // label, prediction; -1 for none
in float cueSize;       // the cue that is shown as size, 0..1
// 0..1 each: confidence, or the cue shown as colour; selected; hovered (1) or dimmed (0.25);
// grabbed (1), pinned (0.5), added (0.25) or in conflict (0.16)
in vec4 marks;

uniform float uT;
uniform float uPointSize;     // diameter in metres
uniform float uPixelsPerUnit; // height on screen of 1 m at a distance of 1 m
uniform float uPixelRatio;
uniform float uMaxSize;
uniform float uFlat;
uniform float uSelectedSize;  // share by which selected points are larger
// 0 label, 1 prediction, 2 confidence, 3 force, 4 movement, 5 a cue, 6 a bin of a column
uniform int uColourBy;
uniform vec3 uCue[2];         // colours of the least and the strongest value of a cue
uniform vec2 uSizes;          // sizes of the least and the strongest value; 1, 1 without a cue
uniform vec3 uTerms[5];       // colours of the terms; classes.y is then the dominant term
uniform sampler2D uPalette;
uniform vec3 uAccent;
uniform vec3 uFog;
uniform vec2 uFogRange;
uniform mat4 uGrab;           // from the place of a grabbed point to where it is shown
uniform vec4 uBrush;          // centre and radius in metres of the scene; radius 0: none
uniform vec3 uBrushColour;
uniform int uColumns;
uniform int uPerPage;
uniform int uPictured;        // the first item without a picture in the loaded pages
uniform sampler2D uLayers;    // per page: the layer of the texture array; 1.0 for none
uniform float uFogShare;      // share of the fog's colour in the farthest points
uniform float uRim;           // width of the dark rim in pixels; 0: no rim
uniform float uHasAtlas;
uniform float uDot;           // largest size of a dot, CSS pixels

out vec3 vColour;
out float vFade;      // 0: a dot, 1: the item's picture
out float vGlow;
flat out float vMark; // of the class, as in state/marks.ts
out float vPin;       // ring: 1 pinned, 0.5 added, 0.3 in conflict, 0 none
out float vDim;     // 1: the search did not find the item
flat out vec3 vCell;  // column, row, layer
flat out vec2 vUp;    // the room's vertical on screen, a unit vector, y upwards
flat out float vGrow; // side of the sprite per side of the picture
flat out float vSoft; // width of the edge of a dot, per radius

// Returns the vertical of the room on screen. If the view is nearly straight up or down, returns
// the vertical of the screen, because a small turn of the head would otherwise turn all pictures.
vec2 upOnScreen() {
  vec2 up = (viewMatrix * vec4(0.0, 1.0, 0.0, 0.0)).xy;
  float length_ = length(up);
  vec2 turned = mix(vec2(0.0, 1.0), up / max(length_, 1e-4), smoothstep(0.1, 0.3, length_));
  return length(turned) < 1e-3 ? vec2(0.0, 1.0) : normalize(turned);
}

vec4 classColour(float id) {
  int k = int(id) + 1;
  return texelFetch(uPalette, ivec2(k % 64, k / 64), 0);
}

void main() {
  vec3 grid = mix(keyframeFrom.xyz, keyframeTo.xyz, smoothstep(0.0, 1.0, uT));
  vec3 metres = grid - 0.5;
  metres.z *= 1.0 - uFlat;
  if (marks.w > 0.75) metres = (uGrab * vec4(metres, 1.0)).xyz;
  vec4 view = modelViewMatrix * vec4(metres, 1.0);
  gl_Position = projectionMatrix * view;

  float selected = marks.y;
  float hovered = step(0.5, marks.z);
  vDim = (1.0 - hovered) * step(0.1, marks.z) * (1.0 - selected);
  gl_Position.z = mix(gl_Position.z, gl_Position.w, 0.9 * vDim); // behind what is not dimmed
  // With the orthographic camera of a flat scene, size does not depend on distance.
  float distance = projectionMatrix[3][3] > 0.5 ? 1.0 : max(-view.z, 1e-4);
  float pixels = uPointSize * uPixelsPerUnit / distance;
  pixels *= mix(uSizes.x, uSizes.y, cueSize);
  pixels *= 1.0 + uSelectedSize * selected + 0.8 * hovered;
  float brushed = 0.0; // inside the brush
  if (uBrush.w > 0.0) {
    float away = length(metres - uBrush.xyz) / uBrush.w;
    brushed = step(away, 1.0);
    // Points near the brush are drawn large enough to recognise their pictures.
    pixels = max(pixels, mix(0.0, 24.0 * uPixelRatio, 1.0 - smoothstep(1.0, 2.2, away)));
  }
  gl_PointSize = clamp(pixels, 3.0 * uPixelRatio, uMaxSize);
  vFade = smoothstep(8.0 * uPixelRatio, 13.0 * uPixelRatio, pixels);

  vec4 unlabelled = classColour(-1.0);
  // Grey strokes within dark rims are hard to see.
  if (uRim > 0.0) unlabelled.rgb = mix(unlabelled.rgb, vec3(1.0), 0.4);
  vec4 colour = classes.x < 0.0 ? unlabelled : classColour(classes.x);
  if (uColourBy == 1) {
    vec4 predicted = classColour(classes.y);
    float share = classes.y >= 0.0 ? 0.35 + 0.5 * marks.x : 0.0;
    colour = classes.x >= 0.0 ? colour : mix(unlabelled, predicted, share);
  } else if (uColourBy == 2) {
    float doubt = classes.y >= 0.0 ? 1.0 - marks.x : 0.0;
    colour = mix(unlabelled, vec4(1.0, 0.54, 0.36, 1.0), clamp(doubt * 1.6, 0.0, 1.0));
    if (classes.x >= 0.0) colour.rgb = mix(colour.rgb, classColour(classes.x).rgb, 0.25);
  } else if (uColourBy == 3) {
    colour.rgb = classes.y >= 0.0 ? uTerms[int(classes.y)] : unlabelled.rgb;
  } else if (uColourBy == 4) {
    float moved = length(keyframeTo.xyz - keyframeFrom.xyz);
    colour = mix(unlabelled, vec4(0.31, 0.82, 0.63, 1.0), clamp(moved * 160.0, 0.0, 1.0));
  }
  else if (uColourBy == 5) colour.rgb = mix(uCue[0], uCue[1], marks.x);
  else if (uColourBy == 6) colour = classes.y >= 0.0 ? classColour(classes.y) : unlabelled;
  vMark = classes.x < 0.0 ? 0.0 : floor((1.0 - classColour(classes.x).a) * 4.0 + 0.5);
  float fog = smoothstep(uFogRange.x, uFogRange.y, -view.z) * uFogShare * (1.0 - selected);
  vColour = mix(colour.rgb, uFog, fog);
  float accent = classes.x >= 0.0 && uColourBy == 0 ? 0.36 : 0.72;
  vColour = mix(vColour, uAccent, accent * selected);
  vColour = mix(vColour, uBrushColour, 0.55 * brushed * (1.0 - selected));
  vGlow = max(max(selected, hovered), brushed);
  // A point with a ring has a least size, so that its ring is visible from far away.
  vPin = marks.w < 0.125 || marks.w > 0.75 ? 0.0 : marks.w > 0.375 ? 1.0
    : marks.w > 0.2 ? 0.5 : 0.3;
  gl_PointSize = max(gl_PointSize, 13.0 * uPixelRatio * ceil(vPin));
  vColour = mix(vColour, vec3(1.0), 0.55 * hovered);
  vColour = mix(vColour, uFog, 0.75 * vDim);

  int inPage = gl_VertexID % uPerPage;
  int page = gl_VertexID / uPerPage;
  float layer = floor(texelFetch(uLayers, ivec2(page, 0), 0).r * 255.0 + 0.5);
  vCell = vec3(float(inPage % uColumns), float(inPage / uColumns), layer);
  if (layer > 254.5 || gl_VertexID >= uPictured || uHasAtlas < 0.5) {
    vFade = 0.0;
    gl_PointSize = min(gl_PointSize, uDot * uPixelRatio * (1.0 + 0.8 * hovered));
  }

  gl_PointSize += 2.0 * uRim;
  vSoft = clamp(3.0 / gl_PointSize, 0.06, 0.28); // about 1.5 pixels
  // A turned picture needs a larger square.
  vUp = upOnScreen();
  vGrow = vFade > 0.0 ? abs(vUp.x) + abs(vUp.y) : 1.0;
  gl_PointSize *= vGrow;
}
`;

export const fragmentShader = /* glsl */ `
precision highp float;
precision highp sampler2DArray;

uniform sampler2DArray uAtlas;
uniform float uHasAtlas;
uniform float uColourPictures;
uniform float uColumnsF;
uniform vec3 uPin;
uniform vec3 uAccent;
uniform vec2 uInset;   // border and picture, as shares of a cell
uniform vec4 uPart;    // left, bottom, right, top of the picture of one eye, pixels
uniform int uCoverage; // 0: blended; 1: alpha is coverage; 2: alpha is coverage, and blended
uniform float uRim;    // width of the dark rim in pixels; 0: no rim
uniform float uRimLevel; // level of the mipmap that spreads a picture by the width of its rim

const vec3 WARM = vec3(1.0, 0.54, 0.36);
const vec3 DARK = vec3(0.035, 0.05, 0.07);

in vec3 vColour;
in float vFade;
in float vGlow;
flat in float vMark;
in float vPin;
in float vDim;
flat in vec3 vCell;
flat in vec2 vUp;
flat in float vGrow;
flat in float vSoft;

out vec4 outColour;

void main() {
  // Both eyes share one framebuffer. Not every driver clips a point to the viewport.
  if (gl_FragCoord.x < uPart.x || gl_FragCoord.y < uPart.y) discard;
  if (gl_FragCoord.x > uPart.z || gl_FragCoord.y > uPart.w) discard;
  vec2 across = (gl_PointCoord - 0.5) * vec2(vGrow, -vGrow);
  vec2 uv = 0.5 + vec2(dot(across, vec2(vUp.y, -vUp.x)), -dot(across, vUp));
  float r = length(across) * 2.0;
  float dot_ = 1.0 - smoothstep(1.0 - vSoft, 1.0, r);
  // Distance to the middle of what is cut out, and half of its width.
  vec2 cut = vMark > 2.5 ? vec2(abs(across.y) * 2.0, 0.22)
    : vMark > 1.5 ? vec2(abs(r - 0.55), 0.17) : vec2(r, 0.42);
  if (vMark > 0.5) dot_ *= 0.4 + 0.6 * smoothstep(cut.y - 0.07, cut.y + 0.07, cut.x);
  vec3 colour = vColour;
  // About 2 pixels: vSoft is 1.5 pixels, and the outer edge is soft.
  if (uRim > 0.0) colour = mix(colour, DARK, smoothstep(1.0 - 2.4 * vSoft, 1.0 - 1.4 * vSoft, r));
  float alpha = dot_;
  float fade = vFade * uHasAtlas;
  if (fade > 0.0) {
    float inside = step(max(abs(uv.x - 0.5), abs(uv.y - 0.5)), 0.5);
    vec2 inCell = uInset.x + clamp(uv, 0.0, 1.0) * uInset.y;
    vec4 picture = texture(uAtlas, vec3((vCell.xy + inCell) / uColumnsF, vCell.z));
    if (uColourPictures > 0.5) {
      // Colour pictures keep their own colours and get a rim in the colour of their class.
      vec2 edge = abs(uv - 0.5) * 2.0;
      float rim = smoothstep(0.8, 0.86, max(edge.x, edge.y));
      vec3 framed = mix(picture.rgb, vColour, rim);
      // Marks: the rim is cut in the middle of each side, at the corners, or between them.
      float along = min(edge.x, edge.y);
      if (vMark > 0.5 && abs(along - (vMark > 2.5 ? 0.45 : vMark > 1.5 ? 0.9 : 0.0)) < 0.24)
        framed = mix(framed, DARK, rim);
      if (uRim > 0.0) framed = mix(framed, DARK, smoothstep(0.92, 0.96, max(edge.x, edge.y)));
      colour = mix(colour, framed, fade);
      alpha = mix(dot_, inside, fade);
    } else {
      // A grey picture sets the opacity; the colour of the point is that of the class.
      float ink = smoothstep(0.12, 0.75, picture.r);
      vec3 inked = vColour * (0.82 + 0.3 * picture.r);
      if (uRim > 0.0) {
        vec3 place = vec3((vCell.xy + inCell) / uColumnsF, vCell.z);
        float spread = smoothstep(0.03, 0.2, textureLod(uAtlas, place, uRimLevel).r);
        inked = mix(DARK, inked, ink);
        ink = max(ink, spread);
      }
      alpha = mix(dot_, ink * inside, fade);
      colour = mix(colour, inked, fade);
    }
  }
  if (vPin > 0.25) {
    float ring = smoothstep(0.74, 0.82, r) * (1.0 - smoothstep(0.94, 1.0, r));
    if (vPin < 0.4) { // six dashes
      ring = smoothstep(0.66, 0.74, r) * (1.0 - smoothstep(0.94, 1.0, r));
      ring *= smoothstep(-0.2, 0.2, sin(6.0 * atan(across.y, across.x)));
    }
    colour = mix(colour, vPin < 0.4 ? WARM : vPin > 0.75 ? uPin : uAccent, ring);
    alpha = max(alpha, ring);
  }
  if (alpha < 0.08) discard;
  alpha *= mix(1.0, 0.3, vDim);
  if (uCoverage == 0) alpha *= mix(0.92, 1.0, vGlow);
  // The share of covered samples is sqrt(alpha), and each is blended with sqrt(alpha).
  if (uCoverage == 2) alpha = sqrt(alpha);
  outColour = vec4(colour, alpha);
}
`;
