use nexus_sim::matrix::*;
use nexus_sim::matrix::tutor::*;
use nexus_sim::matrix::graph::*;
fn run(world: World, n: u64, make: &dyn Fn() -> Box<dyn Tutor>) -> (f64, f64, f64, f64) {
    let (mut s, mut l, mut a, mut r) = (0.0, 0.0, 0.0, 0.0);
    for i in 0..n {
        let mut t = Trial::new(world, 11, i);
        let mut tutor = make();
        let mut st = t.choice_stream();
        while !t.is_over() { let c = tutor.choose(&t.sight(), &mut st); let e = t.answer(c); tutor.observe(&e); }
        s += t.true_score(); l += f64::from(u8::from(t.left())); let (x, y) = t.answers(); a += x as f64; r += y as f64;
    }
    (s / n as f64, l / n as f64, r / a, a / n as f64)
}
fn row(name: &str, n: u64, make: &dyn Fn() -> Box<dyn Tutor>) {
    print!("{name:26}");
    for w in World::FAMILIES { let x = run(w, n, make); print!(" {:.3} ({:.2},{:.2})", x.0, x.2, x.1); }
    println!();
}
fn main() {
    let n = 1000;
    println!("ref random   .522(.44) .332(.16) .230(.37) .699(.81) .283(.36,.32)");
    row("random", n, &|| Box::new(uniform::Uniform));
    println!("ref linear .666 .370 .316 .488 .311 (.31)");
    row("linear", n, &|| Box::new(linear::Linear));
    println!("ref pop .448 .327 .298 .664 .314 .20");
    row("popularity", n, &|| Box::new(popularity::Popularity));
    println!("ref ucb .350(.65) .279(.54) .176(.64) .611(.84) .295(.49,.33)");
    for w in [0.3, 0.5, 0.7, 1.0, 1.414] { row(&format!("ucb {w}"), n, &|| Box::new(success::Success::new(w))); }
    println!("ref mastery .805 .369 .452 .655 .356 (.18)");
    for rule in 0..9 { for after in 0..2 {
    row(&format!("mastery rule {rule} after {after}"), n, &|| {let mut m = mastery::Mastery::new(traced::GENERIC, 0.95, 0.0); m.rule = rule; m.after = after; Box::new(m)});
    }}
    println!("ref gated .814 .386 .422 .663 .354 .20");
    for rule in 0..9 { row(&format!("gated rule {rule}"), n, &|| {let mut m = gated_random::GatedRandom::new(traced::GENERIC); m.rule = rule; Box::new(m)}); }
    println!("ref zpdes .556 .415 .391 .671 .349 .20");
    row("zpdes roots", n, &|| Box::new(progress::Progress::new(progress::BASE, 12, 3, &[0, 1, 2])));
    row("zpdes 0", n, &|| Box::new(progress::Progress::new(progress::BASE, 12, 3, &[0])));
    println!("ref oracle .986 .509(.17) .555 .799(.90) .427");
    print!("oracle ");
    for w in World::FAMILIES {
        let n = if w == World::F3 {50} else {300};
        let mut s = 0.0; let mut r = 0.0; let mut a = 0.0;
        for i in 0..n { let mut t = Trial::new(w, 11, i); while !t.is_over() { let c = oracle::choose(w, &t); t.answer(c); } s += t.true_score(); let (x, y) = t.answers(); a += x as f64; r += y as f64; }
        print!(" {:.3} ({:.2})", s / n as f64, r / a);
    }
    println!();
    let _ = CHAIN;
}
