extension AnyTensor {
  /// A view of the same elements with the axes in another order.
  package func permuted(_ order: AxisList) -> AnyTensor { apply(Permute(order), self) }

  /// The same elements in another shape, as a view where the strides allow one.
  package func reshaped(to shape: Shape) -> AnyTensor { apply(ReshapeView(to: shape), self) }
}
