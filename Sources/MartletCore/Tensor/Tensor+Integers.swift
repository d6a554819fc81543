// Operations on integers alone: bits, shifts, common divisors and multiples, powers.

extension Tensor where Scalar: IntegerScalar {
  /// The bits that both have; the shapes broadcast.
  public static func & (a: Tensor, b: Tensor) -> Tensor { a.combined(.and, b) }
  /// The bits that both have, of every element and the number.
  public static func & (a: Tensor, b: Scalar) -> Tensor { a.combined(.and, Tensor(b)) }
  /// The bits that both have, of the number and every element.
  public static func & (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.and, b) }
  /// The bits that one or both have; the shapes broadcast.
  public static func | (a: Tensor, b: Tensor) -> Tensor { a.combined(.or, b) }
  /// The bits that one or both have, of every element and the number.
  public static func | (a: Tensor, b: Scalar) -> Tensor { a.combined(.or, Tensor(b)) }
  /// The bits that one or both have, of the number and every element.
  public static func | (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.or, b) }
  /// The bits that one alone has; the shapes broadcast.
  public static func ^ (a: Tensor, b: Tensor) -> Tensor { a.combined(.xor, b) }
  /// The bits that one alone has, of every element and the number.
  public static func ^ (a: Tensor, b: Scalar) -> Tensor { a.combined(.xor, Tensor(b)) }
  /// The bits that one alone has, of the number and every element.
  public static func ^ (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.xor, b) }
  /// Every bit inverted.
  public static prefix func ~ (a: Tensor) -> Tensor { a.combined(.xor, Tensor(~0)) }

  /// The bits moved to the left, as Swift's `<<`; the shapes broadcast.
  public static func << (a: Tensor, bits: Tensor) -> Tensor { a.combined(.shiftLeft, bits) }
  /// The bits of every element moved to the left by a number of bits.
  public static func << (a: Tensor, bits: Scalar) -> Tensor { a.combined(.shiftLeft, Tensor(bits)) }
  /// The number's bits moved to the left by every element.
  public static func << (a: Scalar, bits: Tensor) -> Tensor { Tensor(a).combined(.shiftLeft, bits) }
  /// The bits moved to the right with copies of the sign, as Swift's `>>`; the shapes broadcast.
  public static func >> (a: Tensor, bits: Tensor) -> Tensor { a.combined(.shiftRight, bits) }
  /// The bits of every element moved to the right by a number of bits.
  public static func >> (a: Tensor, bits: Scalar) -> Tensor { a.combined(.shiftRight, Tensor(bits)) }
  /// The number's bits moved to the right by every element.
  public static func >> (a: Scalar, bits: Tensor) -> Tensor { Tensor(a).combined(.shiftRight, bits) }

  /// `a = a & b`.
  public static func &= (a: inout Tensor, b: Tensor) { a = a & b }
  /// `a = a & b`.
  public static func &= (a: inout Tensor, b: Scalar) { a = a & b }
  /// `a = a | b`.
  public static func |= (a: inout Tensor, b: Tensor) { a = a | b }
  /// `a = a | b`.
  public static func |= (a: inout Tensor, b: Scalar) { a = a | b }
  /// `a = a ^ b`.
  public static func ^= (a: inout Tensor, b: Tensor) { a = a ^ b }
  /// `a = a ^ b`.
  public static func ^= (a: inout Tensor, b: Scalar) { a = a ^ b }
  /// `a = a << b`.
  public static func <<= (a: inout Tensor, b: Tensor) { a = a << b }
  /// `a = a << b`.
  public static func <<= (a: inout Tensor, b: Scalar) { a = a << b }
  /// `a = a >> b`.
  public static func >>= (a: inout Tensor, b: Tensor) { a = a >> b }
  /// `a = a >> b`.
  public static func >>= (a: inout Tensor, b: Scalar) { a = a >> b }

  /// The bits that both have, as `&`; the shapes broadcast.
  public func bitwiseAnd(_ other: Tensor) -> Tensor { self & other }
  /// The bits that one or both have, as `|`; the shapes broadcast.
  public func bitwiseOr(_ other: Tensor) -> Tensor { self | other }
  /// The bits that one alone has, as `^`; the shapes broadcast.
  public func bitwiseXor(_ other: Tensor) -> Tensor { self ^ other }
  /// Every bit inverted, as `~`.
  public func bitwiseNot() -> Tensor { ~self }
  /// The bits moved to the left, as `<<`; the shapes broadcast.
  ///
  /// By as many bits as the type has, or more, the result is 0; negative numbers of bits move to the right.
  public func shiftedLeft(by bits: Tensor) -> Tensor { self << bits }
  /// The bits moved to the right with copies of the sign, as `>>`; the shapes broadcast.
  ///
  /// By as many bits as the type has, or more, the result is 0, or −1 of a negative number; negative numbers of bits move
  /// to the left.
  public func shiftedRight(by bits: Tensor) -> Tensor { self >> bits }

  /// The greatest common divisor, at least 0, and 0 of two zeros; the shapes broadcast.
  ///
  /// - Complexity: O(log) of the smaller element for each.
  public func gcd(_ other: Tensor) -> Tensor { combined(.gcd, other) }
  /// The least common multiple, at least 0, and 0 where one is 0; overflow wraps around, and the shapes broadcast.
  ///
  /// - Complexity: O(log) of the smaller element for each.
  public func lcm(_ other: Tensor) -> Tensor { combined(.lcm, other) }

  /// xʸ with `exponent` as y, element by element; overflow wraps around, and the shapes broadcast. Traps when an exponent
  /// is negative.
  ///
  /// - Complexity: O(log) of the exponent for each.
  public func power(_ exponent: Tensor) -> Tensor { combined(.power, exponent) }
  /// xʸ with one exponent for every element; overflow wraps around. Traps when the exponent is negative.
  ///
  /// - Complexity: O(log) of the exponent for each.
  public func power(_ exponent: Scalar) -> Tensor { combined(.power, Tensor(exponent)) }
}
