// Khronos gltf-validator's report on the GLB at the path given, as JSON on standard output.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../webxr_client/package.json", import.meta.url));
const validator = require("gltf-validator");
const glb = new Uint8Array(readFileSync(process.argv[2]));
const report = await validator.validateBytes(glb, { maxIssues: 0 });
console.log(JSON.stringify(report));
