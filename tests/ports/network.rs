//! The network of the lecture in Rust. Sums are made in blocks of 256 terms, each a chain of fma: then even the last
//! bit is prescribed (stage `bits`). A port that does not care for `bits` sums as it likes.

const BLOCK: usize = 256;

/// Row after row.
#[derive(Clone)]
pub struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub at: Vec<f64>,
}

pub struct Layer {
    pub w: Matrix,
    pub b: Matrix,
}

/// w[k] and b[k] are the gradients of layer k; hidden[k] is that of what goes into it, so hidden[0] is that of x.
pub struct Gradients {
    pub w: Vec<Matrix>,
    pub b: Vec<Matrix>,
    pub hidden: Vec<Matrix>,
}

impl Matrix {
    pub fn new(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f64) -> Matrix {
        let at = (0..rows * columns).map(|k| value(k / columns, k % columns)).collect();
        Matrix { rows, columns, at }
    }

    pub fn entry(&self, i: usize, j: usize) -> f64 {
        self.at[i * self.columns + j]
    }

    pub fn map(&self, f: impl Fn(f64, usize, usize) -> f64) -> Matrix {
        Matrix::new(self.rows, self.columns, |i, j| f(self.entry(i, j), i, j))
    }

    pub fn transposed(&self) -> Matrix {
        Matrix::new(self.columns, self.rows, |i, j| self.entry(j, i))
    }

    pub fn same_shape(&self, other: &Matrix) -> bool {
        (self.rows, self.columns) == (other.rows, other.columns)
    }
}

/// a[0] b[0] + a[1] b[1] + ...
fn dot(terms: usize, a: impl Fn(usize) -> f64, b: impl Fn(usize) -> f64) -> f64 {
    let block = |begin: usize| (begin..terms.min(begin + BLOCK)).fold(0.0, |sum, p| a(p).mul_add(b(p), sum));
    (BLOCK..terms).step_by(BLOCK).fold(block(0), |total, begin| total + block(begin))
}

pub fn product(a: &Matrix, b: &Matrix) -> Matrix {
    Matrix::new(a.rows, b.columns, |i, j| dot(a.columns, |p| a.entry(i, p), |p| b.entry(p, j)))
}

fn sum_of_rows(a: &Matrix) -> Matrix {
    Matrix::new(1, a.columns, |_, j| dot(a.rows, |_| 1.0, |i| a.entry(i, j))) // fma(1, a, s) is s + a
}

pub fn add_row(a: &Matrix, row: &Matrix) -> Matrix {
    a.map(|value, _, j| value + row.entry(0, j))
}

pub fn relu(a: &Matrix) -> Matrix {
    a.map(|z, _, _| if z <= 0.0 { 0.0 } else { z }) // NaN passes, -0 becomes +0
}

/// Unlike f64::signum, 0 has the sign 0; NaN passes.
fn sign(h: f64) -> f64 {
    if h > 0.0 { 1.0 } else if h < 0.0 { -1.0 } else { h }
}

pub fn fits(layers: &[Layer], x: &Matrix) -> bool {
    let mut inputs = x.columns;
    for Layer { w, b } in layers {
        if w.rows != inputs || (b.rows, b.columns) != (1, w.columns) {
            return false;
        }
        inputs = w.columns;
    }
    !layers.is_empty()
}

/// With `?` behind it: refuse, unless this holds.
pub fn demand(condition: bool) -> Option<()> {
    condition.then_some(())
}

/// The output of one forward, and its gradients; None where the shapes do not fit.
pub fn step(layers: &[Layer], x: &Matrix, output_gradient: &Matrix) -> Option<(Matrix, Gradients)> {
    demand(fits(layers, x))?;
    let (hidden, output) = forward(layers, x);
    demand(output.same_shape(output_gradient))?;
    let found = gradients(layers, &hidden, output_gradient);
    Some((output, found))
}

/// What goes into each layer (x is the first), and the output.
pub fn forward(layers: &[Layer], x: &Matrix) -> (Vec<Matrix>, Matrix) {
    let sum = |layer: &Layer, into: &Matrix| add_row(&product(into, &layer.w), &layer.b);
    let last = layers.len() - 1;
    let mut hidden = vec![x.clone()];
    for k in 0..last {
        hidden.push(relu(&sum(&layers[k], &hidden[k])));
    }
    let output = sum(&layers[last], &hidden[last]);
    (hidden, output)
}

/// All are taken with the weights as they were in forward; that of x has no sign.
pub fn gradients(layers: &[Layer], hidden: &[Matrix], output_gradient: &Matrix) -> Gradients {
    let mut found = Gradients { w: vec![], b: vec![], hidden: vec![] };
    let mut d = output_gradient.clone();
    for k in (0..layers.len()).rev() {
        found.w.push(product(&hidden[k].transposed(), &d));
        found.b.push(sum_of_rows(&d));
        d = product(&d, &layers[k].w.transposed());
        if k > 0 {
            d = d.map(|value, i, j| value * sign(hidden[k].entry(i, j)));
        }
        found.hidden.push(d.clone());
    }
    for list in [&mut found.w, &mut found.b, &mut found.hidden] {
        list.reverse(); // it was filled from the last layer to the first
    }
    found
}

fn update(layers: &mut [Layer], rate: f64, found: &Gradients) {
    let moved = |p: &Matrix, g: &Matrix| p.map(|value, i, j| (-rate).mul_add(g.entry(i, j), value));
    for (k, layer) in layers.iter_mut().enumerate() {
        layer.w = moved(&layer.w, &found.w[k]);
        layer.b = moved(&layer.b, &found.b[k]);
    }
}

/// One step of training: the output of the forward; None where the shapes do not fit.
pub fn train(layers: &mut [Layer], rate: f64, x: &Matrix, output_gradient: &Matrix) -> Option<Matrix> {
    let (output, found) = step(layers, x, output_gradient)?;
    update(layers, rate, &found);
    Some(output)
}

// ---- the losses: the loss, and its gradient with respect to output ----

pub fn regression(output: &Matrix, y: &Matrix) -> (f64, Matrix) {
    let size = output.at.len() as f64;
    let off = output.map(|v, i, j| v - y.entry(i, j));
    (off.at.iter().map(|d| d * d).fold(0.0, |sum, v| sum + v) / size, off.map(|d, _, _| 2.0 * d / size))
}

pub fn binary(output: &Matrix, y: &Matrix) -> (f64, Matrix) {
    let size = output.at.len() as f64;
    let sigmoid = |v: f64| if v > 0.0 { 1.0 / (1.0 + (-v).exp()) } else { v.exp() / (1.0 + v.exp()) };
    let entropy = output.map(|v, i, j| v.max(0.0) - v * y.entry(i, j) + (-v.abs()).exp().ln_1p());
    (entropy.at.iter().fold(0.0, |sum, v| sum + v) / size, output.map(|v, i, j| (sigmoid(v) - y.entry(i, j)) / size))
}

pub fn select(output: &Matrix, y: &Matrix) -> (f64, Matrix) {
    let rows = output.rows as f64;
    let of_row = |a: &Matrix, i: usize, begin: f64, join: fn(f64, f64) -> f64| {
        (0..a.columns).fold(begin, |so_far, j| join(so_far, a.entry(i, j)))
    };
    let largest = Matrix::new(output.rows, 1, |i, _| of_row(output, i, f64::NEG_INFINITY, f64::max));
    let raised = output.map(|v, i, _| (v - largest.entry(i, 0)).exp());
    let sums = Matrix::new(output.rows, 1, |i, _| of_row(&raised, i, 0.0, |sum, v| sum + v));
    let p = raised.map(|value, i, _| value / sums.entry(i, 0));
    let entropy = p.map(|value, i, j| -y.entry(i, j) * (value + 1e-10).ln());
    (entropy.at.iter().fold(0.0, |sum, v| sum + v) / rows, p.map(|value, i, j| (value - y.entry(i, j)) / rows))
}
