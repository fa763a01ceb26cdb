use nexus_sim::matrix::*;
use nexus_sim::matrix::tutor::*;
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
fn kt(name: &str, n: u64, make: &dyn Fn() -> Option<Box<dyn Tutor>>) {
    print!("{name:20}");
    for (model, perturbed) in [(0, false), (0, true), (1, false), (2, false)] {
        let w = World::Kt6kc { model, perturbed };
        let mut s = [0.0; 3];
        for i in 0..n {
            let mut t = Trial::new(w, 11, i);
            let mut tutor = make();
            let mut st = t.choice_stream();
            let mut step = 0;
            while !t.is_over() { let c = match &mut tutor { Some(x) => x.choose(&t.sight(), &mut st), None => oracle::choose(w, &t) }; let e = t.answer(c); if let Some(x) = &mut tutor { x.observe(&e);} step += 1;
              match step { 25 => s[0] += t.true_score(), 50 => s[1] += t.true_score(), 100 => s[2] += t.true_score(), _ => {} } }
        }
        print!("  {:.3}/{:.3}/{:.3}", s[0] / n as f64, s[1] / n as f64, s[2] / n as f64);
    }
    println!();
}
fn main() {
    let n = 1000;
    println!("ref zpdes .556 .415 .391 .671 .349 .20");
    for th in [0.2, 0.3, 0.5, 0.6] { for last in [3, 6] { for hier in [5, 7, 13, 15] {
    row(&format!("zpdes {th} {last} {hier}"), n, &|| {let mut p = progress::Progress::variant(progress::BASE, 12, 3, if hier & 1 == 1 {&[0,1,2]} else {&[0]}, &[0], false); p.hier = hier; p.th = th; p.last=last; Box::new(p)});
    }}}
    println!("ref zpdes .464/.807/.991 | .343/.596/.844 | .472/.810/.991 | .490/.847/.998");
    for (alone, promote) in [(0.05, 1.0), (0.0500001, 1.0), (0.05, 1.0000001), (0.0500001, 1.0000001)] {
    let c = progress::Zpdes { alone, promote, ..progress::BASE };
    kt("zpdes", n, &|| Some(Box::new(progress::Progress::variant(c, 6, 1, &[0], &[0], false)))); }
}
