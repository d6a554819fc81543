extension AnyTensor {
  /// A view of the same elements with the axes in another order.
  package func permuted(_ order: AxisList) -> AnyTensor { apply(Permute(order), self) }
}
