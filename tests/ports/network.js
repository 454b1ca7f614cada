// The network of the lecture in JavaScript. A matrix is {rows, columns, at}, row after row.
'use strict';

function matrix(rows, columns, value = () => 0) {
  const a = { rows, columns, at: new Float64Array(rows * columns) };
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) a.at[i * columns + j] = value(i, j);
  }
  return a;
}

const entry = (a, i, j) => a.at[i * a.columns + j];
const map = (a, f) => matrix(a.rows, a.columns, (i, j) => f(entry(a, i, j), i, j));
const transposed = (a) => matrix(a.columns, a.rows, (i, j) => entry(a, j, i));
const sameShape = (a, b) => a.rows === b.rows && a.columns === b.columns;

function product(a, b) {
  return matrix(a.rows, b.columns, (i, j) => {
    let sum = 0;
    for (let p = 0; p < a.columns; p++) sum += entry(a, i, p) * entry(b, p, j);
    return sum;
  });
}

function sumOfRows(a) {
  return matrix(1, a.columns, (_, j) => {
    let sum = 0;
    for (let i = 0; i < a.rows; i++) sum += entry(a, i, j);
    return sum;
  });
}

const addRow = (a, row) => map(a, (value, i, j) => value + entry(row, 0, j));
const relu = (a) => map(a, (z) => (z <= 0 ? 0 : z)); // NaN passes, -0 becomes +0

// layers: [{ w, b }, ...], the last one is the output layer
function fits(layers, x) {
  let inputs = x.columns;
  for (const { w, b } of layers) {
    if (w.rows !== inputs || b.rows !== 1 || b.columns !== w.columns) return false;
    inputs = w.columns;
  }
  return layers.length > 0;
}

function forward(layers, x) {
  const hidden = [x];
  for (const { w, b } of layers.slice(0, -1)) hidden.push(relu(addRow(product(hidden.at(-1), w), b)));
  const { w, b } = layers.at(-1);
  return { output: addRow(product(hidden.at(-1), w), b), hidden };
}

// G_hidden[0] is the gradient of x: no sign there. All are taken with the weights as they were in forward.
function gradients(layers, hidden, G_output) {
  const G_w = [], G_b = [], G_hidden = [];
  let D = G_output;
  for (let k = layers.length - 1; k >= 0; k--) {
    G_w[k] = product(transposed(hidden[k]), D);
    G_b[k] = sumOfRows(D);
    D = product(D, transposed(layers[k].w));
    if (k > 0) D = map(D, (value, i, j) => value * Math.sign(entry(hidden[k], i, j)));
    G_hidden[k] = D;
  }
  return { G_w, G_b, G_hidden };
}

const move = (p, rate, G) => map(p, (value, i, j) => value - rate * entry(G, i, j));

function update(layers, rate, { G_w, G_b }) {
  return layers.map(({ w, b }, k) => ({ w: move(w, rate, G_w[k]), b: move(b, rate, G_b[k]) }));
}

// ---- the losses: [the loss, G_output] --------------------------------------------------------------------------

const total = (a) => a.at.reduce((sum, value) => sum + value, 0);
const sigmoid = (v) => (v > 0 ? 1 / (1 + Math.exp(-v)) : Math.exp(v) / (1 + Math.exp(v)));

function softmax(output) {
  const raised = map(output, (v, i) => {
    let largest = -Infinity;
    for (let j = 0; j < output.columns; j++) largest = Math.max(largest, entry(output, i, j));
    return Math.exp(v - largest);
  });
  const sums = product(raised, matrix(output.columns, 1, () => 1));
  return map(raised, (value, i) => value / entry(sums, i, 0));
}

const losses = {
  regression(output, y) {
    const size = output.at.length;
    const off = map(output, (v, i, j) => v - entry(y, i, j));
    return [total(map(off, (d) => d * d)) / size, map(off, (d) => (2 * d) / size)];
  },
  binary(output, y) {
    const size = output.at.length;
    const entropy = map(output, (v, i, j) => Math.max(v, 0) - v * entry(y, i, j) + Math.log1p(Math.exp(-Math.abs(v))));
    return [total(entropy) / size, map(output, (v, i, j) => (sigmoid(v) - entry(y, i, j)) / size)];
  },
  select(output, y) {
    const p = softmax(output);
    const entropy = map(p, (value, i, j) => -entry(y, i, j) * Math.log(value + 1e-10));
    return [total(entropy) / output.rows, map(p, (value, i, j) => (value - entry(y, i, j)) / output.rows)];
  },
};

module.exports = { matrix, product, addRow, relu, sameShape, fits, forward, gradients, update, losses };
