import MartletCore

/// A primitive with samples, by which tests check it.
///
/// The library needs no samples: a package gives its primitives theirs in its tests, as extensions.
public protocol SampledPrimitive: Primitive {
  /// Applications that cover what the primitive's code distinguishes.
  static var samples: [Sample] { get }
}
