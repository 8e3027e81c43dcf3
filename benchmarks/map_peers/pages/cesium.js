// Cesium without a globe: a plane that touches it in one point.
import { about, array, height, measure, move, start, width } from "./common.js";
const C = window.Cesium;
export async function run(addBuildings) {
  const from = performance.now();
  const holder = document.createElement("div");
  holder.style.cssText = `width:${width}px;height:${height}px`;
  document.body.append(holder);
  const style = document.createElement("style");
  style.textContent = ".cesium-widget, .cesium-widget canvas { width: 100%; height: 100%; display: block }";
  document.head.append(style);
  const widget = new C.CesiumWidget(holder, {
    globe: false, skyBox: false, skyAtmosphere: false, baseLayer: false, scene3DOnly: true, useDefaultRenderLoop: false,
    msaaSamples: 1, creditContainer: document.createElement("div"),
    contextOptions: { webgl: { antialias: false, preserveDrawingBuffer: true } },
  });
  const scene = widget.scene;
  scene.backgroundColor = C.Color.fromCssColorString("#11171B");
  scene.postProcessStages.fxaa.enabled = false;
  widget.resize();
  if (scene.canvas.width !== width || scene.canvas.height !== height) throw new Error("not as large as the others");
  const frame = C.Transforms.eastNorthUpToFixedFrame(C.Cartesian3.fromDegrees(120.9, 30.85));
  const camera = scene.camera;
  camera.frustum.fov = 2 * Math.atan((Math.tan((about.fov * Math.PI) / 360) * width) / height);
  await addBuildings(scene, frame);
  const places = new Float32Array(start.length), here = new C.Cartesian3();
  const points = scene.primitives.add(new C.PointPrimitiveCollection({ modelMatrix: frame }));
  const color = C.Color.fromCssColorString("#BFD3E2"), each = [];
  for (let i = 0; i < start.length; i += 3) {
    each.push(points.add({ position: new C.Cartesian3(start[i], start[i + 1], start[i + 2]), pixelSize: 4, color }));
  }
  const at = new C.Cartesian3(), turned = new C.Matrix4(), offset = new C.Cartesian3();
  const draw = (pose, turn) => {
    move(places);
    for (let i = 0, k = 0; k < each.length; i += 3, k += 1) {
      here.x = places[i]; here.y = places[i + 1]; here.z = places[i + 2];
      each[k].position = here;
    }
    C.Matrix4.multiplyByTranslation(frame, C.Cartesian3.fromArray(pose.target, 0, at), turned);
    offset.x = pose.eye[turn][0] - pose.target[0];
    offset.y = pose.eye[turn][1] - pose.target[1];
    offset.z = pose.eye[turn][2] - pose.target[2];
    camera.lookAtTransform(turned, offset);
    widget.render();
  };
  const settle = async (done) => {
    for (const pose of Object.values(about.poses)) {
      do { draw(pose, 0); await new Promise((go) => setTimeout(go, 20)); } while (!done());
    }
  };
  return { widget, scene, draw, settle, from };
}
export const finish = (ready) =>
  measure(ready.scene.canvas, ready.scene.context._gl, (performance.now() - ready.from) / 1000, ready.draw);
export { C, array };
