// The conformance kit's adapter in JavaScript: node port.js < cases.txt. The network is in network.js.
'use strict';
const readline = require('readline');
const net = require('./network.js');

class Refused extends Error {}

function demand(condition) {
  if (!condition) throw new Refused();
}

// 'NAME ROWS COLUMNS NUMBER ...' of all the fields, as { NAME: matrix }
function readFields(tokens) {
  const fields = {};
  for (let at = 0; at < tokens.length;) {
    const [name, rows, columns] = [tokens[at], Number(tokens[at + 1]), Number(tokens[at + 2])];
    fields[name] = net.matrix(rows, columns, (i, j) => readNumber(tokens[at + 3 + i * columns + j]));
    at += 3 + rows * columns;
  }
  return fields;
}

const readNumber = (text) => ({ inf: Infinity, '-inf': -Infinity, nan: NaN }[text] ?? Number(text));

function writeNumber(value) {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

const writeField = ([name, a]) => [name, a.rows, a.columns, ...Array.from(a.at, writeNumber)].join(' ');

function layersOf(fields) {
  const layers = [];
  for (let k = 1; `w${k}` in fields; k++) {
    demand(`b${k}` in fields);
    layers.push({ w: fields[`w${k}`], b: fields[`b${k}`] });
  }
  return layers;
}

function rateOf({ rate }) {
  demand(rate && rate.at.length === 1 && Number.isFinite(rate.at[0]));
  return rate.at[0];
}

// One forward and its gradients, after a look at the shapes.
function step(layers, x, G_output) {
  demand(x && net.fits(layers, x));
  const { output, hidden } = net.forward(layers, x);
  if (!G_output) return { output, hidden };
  demand(net.sameShape(output, G_output));
  return { output, hidden, ...net.gradients(layers, hidden, G_output) };
}

const numbered = (name, matrices, from = 1) => matrices.map((a, k) => [`${name}${k + from}`, a]);
const parameters = (layers) => layers.flatMap(({ w, b }, k) => [[`w${k + 1}`, w], [`b${k + 1}`, b]]);

function loss(op, { output, y }) {
  demand(output && y && net.sameShape(output, y) && output.at.length > 0);
  const [value, G_output] = net.losses[op](output, y);
  return [['loss', net.matrix(1, 1, () => value)], ['G_output', G_output]];
}

const operations = {
  product({ a, b }) {
    demand(a && b && a.columns === b.rows);
    return [['c', net.product(a, b)]];
  },
  layer({ x, w, b }) {
    demand(x && w && b && net.fits([{ w, b }], x));
    const sum = net.addRow(net.product(x, w), b);
    return [['sum', sum], ['hidden', net.relu(sum)]];
  },
  forward(fields) {
    const { output, hidden } = step(layersOf(fields), fields.x);
    return [['output', output], ...numbered('hidden', hidden.slice(1))];
  },
  gradients(fields) {
    demand(fields.G_output);
    const { G_w, G_b, G_hidden } = step(layersOf(fields), fields.x, fields.G_output);
    return [...numbered('G_w', G_w), ...numbered('G_b', G_b), ...numbered('G_hidden', G_hidden.slice(1)),
      ['G_x', G_hidden[0]]];
  },
  update(fields) {
    const layers = layersOf(fields), rate = rateOf(fields);
    demand(fields.G_output);
    return parameters(net.update(layers, rate, step(layers, fields.x, fields.G_output)));
  },
  steps(fields) {
    let layers = layersOf(fields);
    const rate = rateOf(fields), outputs = [];
    for (let s = 1; s === 1 || `x${s}` in fields; s++) {
      demand(fields[`G${s}`]);
      const found = step(layers, fields[`x${s}`], fields[`G${s}`]);
      layers = net.update(layers, rate, found);
      outputs.push(found.output);
    }
    return [...parameters(layers), ...numbered('output', outputs)];
  },
  regression: (fields) => loss('regression', fields),
  binary: (fields) => loss('binary', fields),
  select: (fields) => loss('select', fields),
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  if (!line || line.startsWith('#')) return;
  const [id, op, ...tokens] = line.split(' ');
  let answer = 'skip';                          // JavaScript has no fma
  if (Object.hasOwn(operations, op) && !id.startsWith('bits/')) {
    try {
      answer = operations[op](readFields(tokens)).map(writeField).join(' ');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      answer = 'refuse';
    }
  }
  process.stdout.write(`${id} ${answer}\n`);
});
