// TensorFlow.js, pure JavaScript (the backend cpu), float32: tf.matMul, tf.add, tf.relu, tf.grads, tf.train.sgd.
// The losses are those of tf.losses by default: a mean over entries or, of softmaxCrossEntropy, over rows.
'use strict';
const { serve } = require('./line.js');
const tf = require('@tensorflow/tfjs');

const LOSSES = { regression: tf.losses.meanSquaredError, binary: tf.losses.sigmoidCrossEntropy,
  select: tf.losses.softmaxCrossEntropy };
const tensor = (matrix) => tf.tensor2d(matrix.flat(), [matrix.length, matrix.columns]);
const bias = (matrix) => (matrix.length === 1 ? tf.tensor1d(matrix[0]) : tensor(matrix));

function matrix(found) {                                    // of a vector one row
  const [columns, rows = 1] = [...found.shape].reverse();
  const numbers = found.dataSync();
  const made = Array.from({ length: rows }, (_, i) => Array.from(numbers.slice(i * columns, (i + 1) * columns)));
  return Object.assign(made, { columns });
}
const tensors = (pairs) => pairs.flatMap(({ w, b }) => [tensor(w), bias(b)]);
const paired = (all) => all.flatMap((w, n) => (n % 2 ? [] : [{ w: matrix(w), b: matrix(all[n + 1]) }]));

// [hidden1, ..., output]; parameters are w1, b1, w2, ...
function run(parameters, x) {
  const values = [x];
  for (let n = 0; n < parameters.length; n += 2) {
    const sum = tf.add(tf.matMul(values[values.length - 1], parameters[n]), parameters[n + 1]);
    values.push(n + 2 < parameters.length ? tf.relu(sum) : sum);
  }
  return values.slice(1);
}

const output = (x, ...parameters) => run(parameters, x).pop();

tf.setBackend('cpu').then(() => serve({
  product: (a, b) => matrix(tf.matMul(tensor(a), tensor(b))),
  layer(x, w, b) {
    const sum = output(tensor(x), tensor(w), bias(b));
    return [matrix(sum), matrix(tf.relu(sum))];
  },
  forward(pairs, x) {
    const values = run(tensors(pairs), tensor(x)).map(matrix);
    return [values.pop(), values];
  },
  gradients(pairs, x, G_output) {
    const [G_x, ...found] = tf.grads(output)([tensor(x), ...tensors(pairs)], tensor(G_output));
    return [paired(found), matrix(G_x)];
  },
  train(pairs, rate, steps) {
    const variables = tensors(pairs).map((t) => tf.variable(t)), sgd = tf.train.sgd(rate);
    for (const { x, G_output } of steps) {
      const [, ...found] = tf.grads(output)([tensor(x), ...variables], tensor(G_output));
      sgd.applyGradients(Object.fromEntries(variables.map((variable, n) => [variable.name, found[n]])));
    }
    return paired(variables);
  },
  loss(op, given, y) {
    const { value, grad } = tf.valueAndGrad((logits) => LOSSES[op](tensor(y), logits))(tensor(given));
    return [value.dataSync()[0], matrix(grad)];
  },
}, true));
