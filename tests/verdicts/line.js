// What the JavaScript adapters share, as line.py does for those in Python: serve({ product, layer, forward, ... }).
// A matrix is an array of rows; a vector is one row. What an adapter lacks, and whatever throws skip, is skipped.
'use strict';
const readline = require('readline');

const skip = Symbol('skip');
const WORDS = { inf: Infinity, '-inf': -Infinity, nan: NaN };
const KINDS = { update: 'train', steps: 'train', regression: 'loss', binary: 'loss', select: 'loss' };
const write = process.stdout.write.bind(process.stdout);
console.log = console.info = console.warn = console.error;          // whatever a library prints is no answer

function readFields(tokens) {
  const fields = {};
  for (let at = 0; at < tokens.length;) {
    const name = tokens[at], rows = Number(tokens[at + 1]), columns = Number(tokens[at + 2]);
    const numbers = tokens.slice(at + 3, at + 3 + rows * columns).map((text) => WORDS[text] ?? Number(text));
    fields[name] = Array.from({ length: rows }, (_, i) => numbers.slice(i * columns, (i + 1) * columns));
    fields[name].columns = columns;                                 // of a matrix without rows, too
    at += 3 + rows * columns;
  }
  return fields;
}

function writeNumber(value) {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

function writeField([name, matrix]) {
  const columns = matrix.columns ?? (matrix.length ? matrix[0].length : 0);
  return [name, matrix.length, columns, ...matrix.flat().map(writeNumber)].join(' ');
}

const numbered = (name, matrices) => matrices.map((matrix, n) => [`${name}${n + 1}`, matrix]);

function counted(fields, name) {
  const found = [];
  while (`${name}${found.length + 1}` in fields) found.push(fields[`${name}${found.length + 1}`]);
  return found;
}

// The answer as [[name, matrix], ...].
function answer(adapter, op, given) {
  const kind = KINDS[op] ?? op;
  if (!adapter[kind]) throw skip;
  const biases = counted(given, 'b');
  const pairs = counted(given, 'w').map((w, n) => ({ w, b: biases[n] }));
  if (kind === 'product') return [['c', adapter.product(given.a, given.b)]];
  if (kind === 'layer') {
    const [sum, hidden] = adapter.layer(given.x, given.w, given.b);
    return [['sum', sum], ['hidden', hidden]];
  }
  if (kind === 'forward') {
    const [output, hiddens] = adapter.forward(pairs, given.x);
    return [['output', output], ...numbered('hidden', hiddens)];
  }
  if (kind === 'loss') {
    const [loss, gradient] = adapter.loss(op, given.output, given.y);
    return [['loss', [[loss]]], ['G_output', gradient]];
  }
  if (kind === 'gradients') {
    const [found, G_x] = adapter.gradients(pairs, given.x, given.G_output);
    return [...found.flatMap(({ w, b }, n) => [[`G_w${n + 1}`, w], [`G_b${n + 1}`, b]]), ['G_x', G_x]];
  }
  if (given.rate.flat().length !== 1) throw skip;                   // libraries take a number
  const G = counted(given, 'G');
  const steps = op === 'steps' ? counted(given, 'x').map((x, n) => ({ x, G_output: G[n] })) : [given];
  return adapter.train(pairs, given.rate[0][0], steps).flatMap(({ w, b }, n) => [[`w${n + 1}`, w], [`b${n + 1}`, b]]);
}

function serve(adapter, invalid = false) {
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const [id, op, ...tokens] = line.split(' ');
    let text = 'skip';
    try {
      if (id.startsWith('bits/') || (id.startsWith('invalid/') && !invalid)) throw skip;
      text = answer(adapter, op, readFields(tokens)).map(writeField).join(' ');
    } catch (error) {
      if (error !== skip) {
        write(`# ${id}: ${String(error).split('\n')[0]}\n`);
        text = 'refuse';
      }
    }
    write(`${id} ${text}\n`);
  });
}

module.exports = { serve, skip };
