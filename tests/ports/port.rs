//! The conformance kit's adapter in Rust: one case a line in, one answer a line out. The network is in network.rs.
//!     rustc --edition 2021 -O port.rs && ./port < cases.txt
mod network;
use network::{Layer, Matrix};
use std::collections::HashMap;
use std::io;

type Fields<'a> = HashMap<&'a str, Matrix>;
type Answer = Option<Vec<(String, Matrix)>>; // None: the arguments do not fit

/// 'NAME ROWS COLUMNS NUMBER ...' of all the fields; parse() knows inf, nan and -0.
fn read_fields<'a>(tokens: &mut impl Iterator<Item = &'a str>) -> Fields<'a> {
    let mut fields = Fields::new();
    while let Some(name) = tokens.next() {
        let [rows, columns] = [(); 2].map(|_| tokens.next().unwrap().parse().unwrap());
        let at: Vec<f64> = tokens.take(rows * columns).map(|number| number.parse().unwrap()).collect();
        fields.insert(name, Matrix { rows, columns, at });
    }
    fields
}

fn field_text((name, a): &(String, Matrix)) -> String {
    let number = |v: &f64| if v.is_nan() { " nan".to_string() } else { format!(" {v}") };
    format!(" {name} {} {}", a.rows, a.columns) + &a.at.iter().map(number).collect::<String>()
}

fn named(name: &str, a: Matrix) -> Vec<(String, Matrix)> {
    vec![(name.to_string(), a)]
}

/// [("w1", w[0]), ("w2", w[1]), ...]
fn numbered(name: &str, matrices: Vec<Matrix>) -> Vec<(String, Matrix)> {
    matrices.into_iter().enumerate().map(|(k, a)| (format!("{name}{}", k + 1), a)).collect()
}

fn layers_of(fields: &Fields) -> Option<Vec<Layer>> {
    let of = |k: usize, name: &str| fields.get(format!("{name}{k}").as_str()).cloned();
    let count = (1..).take_while(|&k| of(k, "w").is_some()).count();
    (1..=count).map(|k| Some(Layer { w: of(k, "w")?, b: of(k, "b")? })).collect()
}

fn rate_of(fields: &Fields) -> Option<f64> {
    fields.get("rate").filter(|rate| rate.at.len() == 1 && rate.at[0].is_finite()).map(|rate| rate.at[0])
}

fn product(fields: &Fields) -> Answer {
    let (a, b) = (fields.get("a")?, fields.get("b")?);
    (a.columns == b.rows).then_some(())?;
    Some(named("c", network::product(a, b)))
}

fn one_layer(fields: &Fields) -> Answer {
    let (x, w, b) = (fields.get("x")?, fields.get("w")?, fields.get("b")?);
    network::fits(&[Layer { w: w.clone(), b: b.clone() }], x).then_some(())?;
    let sum = network::add_row(&network::product(x, w), b);
    Some([named("hidden", network::relu(&sum)), named("sum", sum)].concat())
}

fn loss(fields: &Fields, of: fn(&Matrix, &Matrix) -> (f64, Matrix)) -> Answer {
    let (output, y) = (fields.get("output")?, fields.get("y")?);
    let (value, gradient) = (output.same_shape(y) && !output.at.is_empty()).then(|| of(output, y))?;
    Some([named("loss", Matrix::new(1, 1, |_, _| value)), named("G_output", gradient)].concat())
}

fn forward(fields: &Fields) -> Answer {
    let (layers, x) = (layers_of(fields)?, fields.get("x")?);
    network::fits(&layers, x).then_some(())?;
    let (mut hidden, output) = network::forward(&layers, x);
    Some([named("output", output), numbered("hidden", hidden.split_off(1))].concat())
}

/// Gradients alone; or updates, in `steps` as many as there are pairs x, G.
fn network_of(op: &str, fields: &Fields) -> Answer {
    let (mut layers, mut outputs) = (layers_of(fields)?, vec![]);
    let rate = if op == "gradients" { 0.0 } else { rate_of(fields)? };
    let many = op == "steps";
    let pair = |s: usize| if many { [format!("x{s}"), format!("G{s}")] } else { ["x", "G_output"].map(String::from) };
    for s in (1..).take_while(|&s| s == 1 || many && fields.contains_key(pair(s)[0].as_str())) {
        let [x, g] = pair(s).map(|name| fields.get(name.as_str()));
        let (x, g) = (x?, g?);
        network::fits(&layers, x).then_some(())?;
        let (hidden, output) = network::forward(&layers, x);
        output.same_shape(g).then_some(())?;
        let mut found = network::gradients(&layers, &hidden, g);
        if op == "gradients" {
            let inner = numbered("G_hidden", found.hidden.split_off(1));
            let outer = named("G_x", found.hidden.remove(0));
            return Some([numbered("G_w", found.w), numbered("G_b", found.b), inner, outer].concat());
        }
        network::update(&mut layers, rate, &found);
        outputs.extend(many.then(|| (format!("output{s}"), output)));
    }
    let (w, b) = layers.into_iter().map(|layer| (layer.w, layer.b)).unzip();
    Some([numbered("w", w), numbered("b", b), outputs].concat())
}

fn answer(op: &str, fields: &Fields) -> Answer {
    match op {
        "product" => product(fields),
        "layer" => one_layer(fields),
        "forward" => forward(fields),
        "regression" => loss(fields, network::regression),
        "binary" => loss(fields, network::binary),
        "select" => loss(fields, network::select),
        _ => network_of(op, fields),
    }
}

fn main() {
    for line in io::stdin().lines().map_while(Result::ok).filter(|line| !line.starts_with('#')) {
        let mut tokens = line.split_whitespace();
        if let (Some(id), Some(op)) = (tokens.next(), tokens.next()) {
            let found = answer(op, &read_fields(&mut tokens));
            // println! flushes at the end of every line
            println!("{id}{}", found.map_or(" refuse".to_string(), |all| all.iter().map(field_text).collect()));
        }
    }
}
