// The benchmark's nodes for the peer: a source that is told how many messages to send, a sink that
// counts them, a node that passes everything on, and a server that takes a line and answers it.
module.exports = function (RED) {
  "use strict";
  const net = require("node:net");

  const MESSAGES = {
    step: () => ({ payload: 7, topic: "bench" }),
    reading: (id) => ({
      payload: { id, power: 3680.5, state: "charging", tag: "04A1B2C3", ok: true },
      topic: "bench",
    }),
  };
  const BATCH = 100; // as many as leave the source before it lets the event loop turn
  let source = null;
  let awaited = null; // what the sink waits for: { left, done }

  RED.nodes.registerType("bench-source", function (config) {
    RED.nodes.createNode(this, config);
    source = this;
  });

  RED.nodes.registerType("bench-pass", function (config) {
    RED.nodes.createNode(this, config);
    this.on("input", (message, send, done) => {
      send(message);
      done();
    });
  });

  RED.nodes.registerType("bench-sink", function (config) {
    RED.nodes.createNode(this, config);
    this.on("input", (message, send, done) => {
      awaited.left -= 1;
      if (awaited.left === 0) awaited.done();
      done();
    });
  });

  RED.nodes.registerType("bench-lines", function (config) {
    RED.nodes.createNode(this, config);
    const server = net.createServer((client) => {
      let rest = "";
      client.setNoDelay(true);
      client.setEncoding("utf8");
      client.on("error", () => client.destroy());
      client.on("data", (text) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop();
        for (const line of lines) this.send({ payload: line, topic: "bench", client });
      });
    });
    server.listen(Number(process.env.BENCH_LINES_PORT), "127.0.0.1");
    this.on("input", (message, send, done) => {
      message.client.write(`${message.payload}\n`);
      done();
    });
    this.on("close", (done) => server.close(done));
  });

  // Sends `messages` of a kind and answers when `expected` of them have come to the sink.
  RED.httpAdmin.post("/bench/run", (request, response) => {
    const { kind, messages, expected } = request.body;
    const make = MESSAGES[kind];
    let sent = 0;
    let began = 0n;
    let cpuBefore = null;

    function feed() {
      const end = Math.min(messages, sent + BATCH);
      for (; sent < end; sent += 1) source.send(make(sent));
      if (sent < messages) setImmediate(feed);
    }

    awaited = {
      left: expected,
      done() {
        const wall_us = Number(process.hrtime.bigint() - began) / 1000;
        const { user, system } = process.cpuUsage(cpuBefore);
        response.json({ wall_us, cpu_us: user + system });
      },
    };
    setImmediate(() => {
      cpuBefore = process.cpuUsage();
      began = process.hrtime.bigint();
      feed();
    });
  });
};
