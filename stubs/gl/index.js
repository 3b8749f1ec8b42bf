// gpu.js takes what is no function for "there is no headless GL"; a path in the environment leads to a real build.
module.exports = process.env.GPUJS_HEADLESS_GL ? require(process.env.GPUJS_HEADLESS_GL) : null;
