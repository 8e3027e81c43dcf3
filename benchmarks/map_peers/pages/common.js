// What all pages share: the scene, the poses, the clock.
const typed = { f32: Float32Array, u8: Uint8Array, u32: Uint32Array };
export async function array(name) {
  const answer = await fetch(`/scene/${name}`);
  return new typed[name.split(".").pop()](await answer.arrayBuffer());
}
export const about = await (await fetch("/scene/scene.json")).json();
export const [width, height] = about.size;
export const start = await array("start.f32");
export const step = await array("step.f32");
let frame = 0;
export function move(into) {
  frame += 1;
  for (let i = 0; i < into.length; i += 1) into[i] = start[i] + frame * step[i];
}
const mark = (name) => fetch(`/mark/${name}`, { method: "POST", body: "." });
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
export async function measure(canvas, gl, buildSeconds, draw) {
  const walls = {}, pictures = {}, colours = {};
  const one = new Uint8Array(4);
  const once = (pose, turn) => { draw(pose, turn); gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, one); };
  for (const [name, pose] of Object.entries(about.poses)) {
    for (let i = 0; i < about.warm; i += 1) { once(pose, i); await new Promise((go) => setTimeout(go, 0)); }
    const runs = [];
    await mark(`${name}-start`);
    for (let run = 0; run < about.runs; run += 1) {
      const from = performance.now();
      for (let i = 0; i < about.frames; i += 1) once(pose, i);
      runs.push((performance.now() - from) / about.frames);
    }
    await mark(`${name}-end`);
    walls[name] = median(runs);
    draw(pose, 0);
    const all = new Uint8Array(4 * width * height);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, all);
    const seen = new Set();
    for (let i = 0; i < all.length; i += 28) seen.add((all[i] << 16) | (all[i + 1] << 8) | all[i + 2]);
    colours[name] = seen.size;
    pictures[name] = canvas.toDataURL("image/png");
  }
  await tell({ walls, pictures, colours, build_s: buildSeconds, renderer: rendererOf(gl) });
}
function rendererOf(gl) {
  const named = gl.getExtension("WEBGL_debug_renderer_info");
  return named ? gl.getParameter(named.UNMASKED_RENDERER_WEBGL) : gl.getParameter(gl.RENDERER);
}
export const tell = (result) => fetch("/result", { method: "POST", body: JSON.stringify(result) });
addEventListener("error", (event) => tell({ error: String(event.message) }));
addEventListener("unhandledrejection", (event) => tell({ error: String(event.reason && event.reason.stack || event.reason) }));
