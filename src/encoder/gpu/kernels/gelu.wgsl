// x Phi(x), the GELU in its erf form. erf by Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: within 1.5e-7.
fn gelu(x: vec4<f32>) -> vec4<f32> {
    let z = abs(x) * 0.70710678;
    let t = 1.0 / (1.0 + 0.3275911 * z);
    let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    let erf = sign(x) * (1.0 - p * exp(-z * z));
    return 0.5 * x * (1.0 + erf);
}
