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
// grabbed (1) or pinned (0.5)
in vec4 marks;

uniform float uT;
uniform float uPointSize;     // diameter in metres
uniform float uPixelsPerUnit; // height on screen of 1 m at a distance of 1 m
uniform float uPixelRatio;
uniform float uMaxSize;
uniform float uFlat;
uniform float uSelectedSize;  // share by which selected points are larger
uniform int uColourBy;        // 0 label, 1 prediction, 2 confidence, 3 force, 4 movement, 5 a cue
uniform vec3 uCue[2];         // colours of the least and the strongest value of a cue
uniform vec2 uSizes;          // sizes of the least and the strongest value; 1, 1 without a cue
uniform vec3 uTerms[4];       // colours of the terms; classes.y is then the dominant term
uniform sampler2D uPalette;
uniform vec3 uAccent;
uniform vec3 uFog;
uniform vec2 uFogRange;
uniform mat4 uGrab;           // from the place of a grabbed point to where it is shown
uniform vec4 uBrush;          // centre and radius in metres of the scene; radius 0: none
uniform vec3 uBrushColour;
uniform int uColumns;
uniform int uPerPage;

out vec3 vColour;
out float vFade;      // 0: a dot, 1: the item's picture
out float vGlow;
out float vRing;
out float vPin;
out float vDim;     // 1: the search did not find the item
flat out vec3 vCell;  // column, row, layer

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
  vec4 colour = classColour(classes.x);
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
  vRing = classes.x >= 0.0 && classColour(classes.x).a < 0.75 ? 1.0 : 0.0;
  float fog = smoothstep(uFogRange.x, uFogRange.y, -view.z) * 0.72 * (1.0 - selected);
  vColour = mix(colour.rgb, uFog, fog);
  float accent = classes.x >= 0.0 && uColourBy == 0 ? 0.36 : 0.72;
  vColour = mix(vColour, uAccent, accent * selected);
  vColour = mix(vColour, uBrushColour, 0.55 * brushed * (1.0 - selected));
  vGlow = max(max(selected, hovered), brushed);
  // A pinned point has a least size, so that its ring is visible from far away.
  vPin = marks.w > 0.25 && marks.w < 0.75 ? 1.0 : 0.0;
  gl_PointSize = max(gl_PointSize, 13.0 * uPixelRatio * vPin);
  vColour = mix(vColour, vec3(1.0), 0.55 * hovered);
  vColour = mix(vColour, uFog, 0.75 * vDim);

  int inPage = gl_VertexID % uPerPage;
  vCell = vec3(float(inPage % uColumns), float(inPage / uColumns), float(gl_VertexID / uPerPage));
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
uniform vec2 uInset;   // border and picture, as shares of a cell

in vec3 vColour;
in float vFade;
in float vGlow;
in float vRing;
in float vPin;
in float vDim;
flat in vec3 vCell;

out vec4 outColour;

void main() {
  vec2 uv = gl_PointCoord;
  float r = length(uv - 0.5) * 2.0;
  float dot_ = 1.0 - smoothstep(0.72, 1.0, r);
  if (vRing > 0.5) dot_ *= 0.45 + 0.55 * smoothstep(0.35, 0.5, r);
  vec3 colour = vColour;
  float alpha = dot_;
  float fade = vFade * uHasAtlas;
  if (fade > 0.0) {
    vec2 inCell = uInset.x + uv * uInset.y;
    vec4 picture = texture(uAtlas, vec3((vCell.xy + inCell) / uColumnsF, vCell.z));
    if (uColourPictures > 0.5) {
      // Colour pictures keep their own colours and get a rim in the colour of their class.
      vec2 edge = abs(uv - 0.5) * 2.0;
      float rim = smoothstep(0.8, 0.86, max(edge.x, edge.y));
      colour = mix(colour, mix(picture.rgb, vColour, rim), fade);
      alpha = mix(dot_, 1.0, fade);
    } else {
      // A grey picture sets the opacity; the colour of the point is that of the class.
      float ink = smoothstep(0.12, 0.75, picture.r);
      alpha = mix(dot_, ink, fade);
      colour *= mix(1.0, 0.82 + 0.3 * picture.r, fade);
    }
  }
  if (vPin > 0.5) {
    float ring = smoothstep(0.74, 0.82, r) * (1.0 - smoothstep(0.94, 1.0, r));
    colour = mix(colour, uPin, ring);
    alpha = max(alpha, ring);
  }
  if (alpha < 0.08) discard;
  outColour = vec4(colour, alpha * mix(0.92, 1.0, vGlow) * mix(1.0, 0.3, vDim));
}
`;
