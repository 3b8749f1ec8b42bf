/** Debian's Chromium; SwiftShader in place of a GPU, for WebGL 2 and WebGPU alike. */
export const chromiumArgs: string[] = [
  ...['--no-sandbox', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ...['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  ...['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
];
