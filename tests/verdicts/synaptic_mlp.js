// synaptic: Layer.project, Network.activate and propagate, one row after the other; squash RELU and IDENTITY.
// The error of an output unit is target - activation; its activation is set to 0 first, so that this is -G_output. It
// updates after each row: cases of more rows are skipped. Gradients are not given out, and a loss has none.
'use strict';
const { serve, skip } = require('./line.js');
const { Layer, Network, Neuron } = require('synaptic');

function network(pairs, squash = Neuron.squash.IDENTITY) {
  const layers = [new Layer(pairs[0].w.length), ...pairs.map(({ b }) => new Layer(b[0].length))];
  pairs.forEach(({ w, b }, n) => {
    layers[n].project(layers[n + 1]);
    layers[n + 1].set({ squash: n + 1 < pairs.length ? Neuron.squash.RELU : squash });
    layers[n + 1].list.forEach((unit, j) => {
      unit.bias = b[0][j];
      layers[n].list.forEach((below, i) => { below.connected(unit).connection.weight = w[i][j]; });
    });
  });
  const net = new Network({ input: layers[0], hidden: layers.slice(1, -1), output: layers[layers.length - 1] });
  net.setOptimize(false);
  return net;
}

const read = (net) => [...net.layers.hidden, net.layers.output].map((layer, n, all) => ({
  w: (n ? all[n - 1] : net.layers.input).list.map(
    (below) => layer.list.map((unit) => below.connected(unit).connection.weight)),
  b: [layer.list.map((unit) => unit.bias)] }));

function forward(pairs, x) {
  const net = network(pairs), rows = { output: [], hiddens: pairs.slice(1).map(() => []) };
  for (const row of x) {
    rows.output.push(net.activate(row));
    net.layers.hidden.forEach((layer, n) => rows.hiddens[n].push(layer.list.map((unit) => unit.activation)));
  }
  const widths = pairs.map(({ b }) => b.columns);
  return [Object.assign(rows.output, { columns: widths.pop() }),
    rows.hiddens.map((hidden, n) => Object.assign(hidden, { columns: widths[n] }))];
}

serve({
  forward,
  layer: (x, w, b) => [Neuron.squash.IDENTITY, Neuron.squash.RELU].map((squash) => {
    const net = network([{ w, b }], squash);
    return Object.assign(x.map((row) => net.activate(row)), { columns: b.columns });
  }),
  train(pairs, rate, steps) {
    if (steps.some(({ x }) => x.length !== 1)) throw skip;
    const net = network(pairs);
    for (const { x, G_output } of steps) {
      net.activate(x[0]);
      net.layers.output.list.forEach((unit) => { unit.activation = 0; });
      net.propagate(rate, G_output[0].map((g) => -g));
    }
    return read(net);
  },
});
