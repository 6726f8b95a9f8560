namespace Noether.Physics

/// C. F. Gauss's rule of ten nodes (M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, table 25.4),
/// exact for polynomials of degree 19, and to the last digit for half a wave.
[<RequireQualifiedAccess>]
module internal GaussRule =
    let private half =
        [ 0.14887433898163122, 0.29552422471475287
          0.43339539412924719, 0.26926671930999635
          0.67940956829902441, 0.21908636251598204
          0.86506336668898451, 0.14945134915058059
          0.97390652851717172, 0.06667134430868814 ]

    let private rule =
        [| for x, w in half do
               0.5 * (1.0 - x), 0.5 * w
               0.5 * (1.0 + x), 0.5 * w |]

    /// Places and weights between two numbers, in so many equal parts.
    let over (start: float) (stop: float) (parts: int) : (float * float)[] =
        let width = (stop - start) / float parts

        [| for part in 0 .. parts - 1 do
               for x, w in rule -> start + width * (float part + x), width * w |]
