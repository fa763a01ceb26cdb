use nexus_sim::matrix::*;
use nexus_sim::matrix::tutor::*;
use nexus_engine::strategy::*;
use nexus_stats::random::Stream;
pub fn run(world: World, seed: u64, n: u64, s: Strategy, c: strategic::Constants) -> f64 {
    let mut sum = 0.0;
    for i in 0..n {
        let mut t = Trial::new(world, seed, i);
        let mut tutor = strategic::Strategic::new(s, c);
        let mut st = t.choice_stream();
        while !t.is_over() { let c = tutor.choose(&t.sight(), &mut st); let e = t.answer(c); tutor.observe(&e); }
        sum += t.true_score();
    }
    sum / n as f64
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n: u64 = args[1].parse().unwrap();
    let tries: usize = args[2].parse().unwrap();
    let fams: Vec<usize> = if args.len() > 3 { args[3].split(',').map(|x| x.parse::<usize>().unwrap() - 1).collect() } else { (0..5).collect() };
    let vary = args.len() > 4;
    for f in fams {
        let w = World::FAMILIES[f];
        let mut st = Stream::new(5);
        let mut rows: Vec<(f64, Strategy, strategic::Constants)> = vec![];
        for _ in 0..tries {
            let pick = |st: &mut Stream, xs: &[f64]| xs[st.below(xs.len() as u64) as usize];
            let s = Strategy {
                path: if st.uniform() < 0.6 { Path::Frontier } else { Path::Turns },
                mastery: if st.uniform() < 0.4 { MasteryRule::Success(pick(&mut st, &[0.65, 0.75, 0.85, 0.92])) } else { MasteryRule::Known(pick(&mut st, &[0.8, 0.9, 0.95, 0.97, 0.99])) },
                attempt_cap: pick(&mut st, &[3.0, 5.0, 9.0, 14.0, 20.0]),
                target_success: pick(&mut st, &[0.1, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.95]),
                review_below: pick(&mut st, &[0.0, 0.6, 0.85]),
                open_from: pick(&mut st, &[0.0, 0.3, 0.5, 0.7]),
                focus: pick(&mut st, &[0.0, 0.35]),
            };
            let mut c = strategic::DEFAULT;
            if vary {
 c.shared = pick(&mut st, &[0.0, 0.25, 0.5]);                c.hardness = pick(&mut st, &[0.8, 1.2, 1.8, 2.5]); c.mean = pick(&mut st, &[-1.5, -1.0, -0.5, 0.0]); c.variance = pick(&mut st, &[0.5, 1.0, 2.0]); c.noise = pick(&mut st, &[0.02, 0.05, 0.1, 0.2]); c.drift = pick(&mut st, &[0.05, 0.1, 0.15]);
            }
            rows.push((run(w, 11, n, s, c), s, c));
        }
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        println!("{} best of {tries}", w.word());
        for (v, s, c) in rows.iter().take(10) { println!("  {v:.3} {:?} {:?} cap {} tgt {} rev {} open {} foc {} {}", s.path, s.mastery, s.attempt_cap, s.target_success, s.review_below, s.open_from, s.focus, if vary { format!("h{} m{} v{} n{} d{} sh{}", c.hardness, c.mean, c.variance, c.noise, c.drift, c.shared) } else { String::new() }); }
    }
}
