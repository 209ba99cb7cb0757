// Settings of the peer: loopback only, nothing that calls home, and the benchmark's own nodes.
const env = process.env;

module.exports = {
  uiHost: "127.0.0.1",
  uiPort: Number(env.BENCH_PORT),
  userDir: env.BENCH_FOLDER,
  flowFile: "flows.json",
  nodesDir: env.BENCH_NODES || undefined,
  credentialSecret: false,
  diagnostics: { enabled: false, ui: false },
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false, projects: { enabled: false } },
  externalModules: {
    palette: { allowInstall: false },
    modules: { allowInstall: false },
  },
  logging: { console: { level: "info", metrics: false, audit: false } },
};
