//! The conformance kit's adapter in Rust: one case a line in, one answer a line out. The network is in network.rs.
//!     rustc --edition 2021 -O port.rs && ./port < cases.txt
mod network;
use network::{demand, Layer, Matrix};
use std::{collections::HashMap, io, io::Write};

type Fields<'a> = HashMap<&'a str, Matrix>;
type Answer = Option<Vec<(String, Matrix)>>; // None: the arguments do not fit

/// 'NAME ROWS COLUMNS NUMBER ...' of all the fields; parse() knows inf, nan and -0.
fn read_fields<'a>(mut tokens: impl Iterator<Item = &'a str>) -> Fields<'a> {
    let mut fields = Fields::new();
    while let Some(name) = tokens.next() {
        let [rows, columns] = [(); 2].map(|_| tokens.next().unwrap().parse().unwrap());
        let at = tokens.by_ref().take(rows * columns).map(|number| number.parse().unwrap()).collect();
        fields.insert(name, Matrix { rows, columns, at });
    }
    fields
}

fn field_text((name, a): &(String, Matrix)) -> String {
    let number = |v: &f64| if v.is_nan() { " nan".to_string() } else { format!(" {v:?}") };
    format!("{name} {} {}", a.rows, a.columns) + &a.at.iter().map(number).collect::<String>()
}

fn named(name: &str, a: Matrix) -> (String, Matrix) {
    (name.to_string(), a)
}

/// [("w1", w[0]), ("w2", w[1]), ...]
fn numbered(name: &str, matrices: Vec<Matrix>) -> Vec<(String, Matrix)> {
    matrices.into_iter().enumerate().map(|(k, a)| (format!("{name}{}", k + 1), a)).collect()
}

fn layers_of(fields: &Fields) -> Option<Vec<Layer>> {
    let of = |name: &str, k: usize| fields.get(format!("{name}{k}").as_str()).cloned();
    (1..).map_while(|k| of("w", k).map(|w| Some(Layer { w, b: of("b", k)? }))).collect()
}

fn parameters(layers: Vec<Layer>) -> Vec<(String, Matrix)> {
    let (w, b) = layers.into_iter().map(|layer| (layer.w, layer.b)).unzip();
    [numbered("w", w), numbered("b", b)].concat()
}

fn rate_of(fields: &Fields) -> Option<f64> {
    fields.get("rate").filter(|rate| rate.at.len() == 1 && rate.at[0].is_finite()).map(|rate| rate.at[0])
}

fn product(fields: &Fields) -> Answer {
    let (a, b) = (fields.get("a")?, fields.get("b")?);
    demand(a.columns == b.rows)?;
    Some(vec![named("c", network::product(a, b))])
}

fn layer(fields: &Fields) -> Answer {
    let (x, w, b) = (fields.get("x")?, fields.get("w")?, fields.get("b")?);
    demand(network::fits(&[Layer { w: w.clone(), b: b.clone() }], x))?;
    let sum = network::add_row(&network::product(x, w), b);
    Some(vec![named("hidden", network::relu(&sum)), named("sum", sum)])
}

fn forward(fields: &Fields) -> Answer {
    let (layers, x) = (layers_of(fields)?, fields.get("x")?);
    demand(network::fits(&layers, x))?;
    let (mut hidden, output) = network::forward(&layers, x);
    Some([vec![named("output", output)], numbered("hidden", hidden.split_off(1))].concat())
}

fn gradients(fields: &Fields) -> Answer {
    let (_, mut found) = network::step(&layers_of(fields)?, fields.get("x")?, fields.get("G_output")?)?;
    let g_x = vec![named("G_x", found.hidden.remove(0))];
    Some([numbered("G_w", found.w), numbered("G_b", found.b), numbered("G_hidden", found.hidden), g_x].concat())
}

fn update(fields: &Fields) -> Answer {
    let (mut layers, rate) = (layers_of(fields)?, rate_of(fields)?);
    network::train(&mut layers, rate, fields.get("x")?, fields.get("G_output")?)?;
    Some(parameters(layers))
}

fn steps(fields: &Fields) -> Answer {
    let (mut layers, rate, mut outputs) = (layers_of(fields)?, rate_of(fields)?, vec![]);
    let pair = |s: usize| ["x", "G"].map(|name| fields.get(format!("{name}{s}").as_str()));
    for [x, g] in (1..).map(pair).take_while(|pair| pair[0].is_some()) {
        outputs.push(network::train(&mut layers, rate, x?, g?)?);
    }
    demand(!outputs.is_empty())?;
    Some([parameters(layers), numbered("output", outputs)].concat())
}

fn loss(fields: &Fields, of: fn(&Matrix, &Matrix) -> (f64, Matrix)) -> Answer {
    let (output, y) = (fields.get("output")?, fields.get("y")?);
    demand(output.same_shape(y) && !output.at.is_empty())?;
    let (value, gradient) = of(output, y);
    Some(vec![named("loss", Matrix::new(1, 1, |_, _| value)), named("G_output", gradient)])
}

fn main() {
    for line in io::stdin().lines().map(Result::unwrap).filter(|line| !line.starts_with('#')) {
        let mut tokens = line.split_whitespace();
        let (Some(id), Some(op)) = (tokens.next(), tokens.next()) else { continue };
        let fields = read_fields(tokens);
        let found = match op {
            "product" => product(&fields),
            "layer" => layer(&fields),
            "forward" => forward(&fields),
            "gradients" => gradients(&fields),
            "update" => update(&fields),
            "steps" => steps(&fields),
            "regression" => loss(&fields, network::regression),
            "binary" => loss(&fields, network::binary),
            "select" => loss(&fields, network::select),
            _ => Some(vec![]), // no fields at all: this port does not know it
        };
        let text = found.map_or("refuse".to_string(), |all| all.iter().map(field_text).collect::<Vec<_>>().join(" "));
        println!("{id} {}", if text.is_empty() { "skip" } else { &text });
        io::stdout().flush().unwrap();
    }
}
