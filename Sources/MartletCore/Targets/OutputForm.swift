/// What a model's outputs are, for a loss or a metric of classes.
public enum OutputForm: Sendable {
  /// Any numbers, which a softmax or a sigmoid turns into probabilities. Losses are exact for these, so models should
  /// return them.
  case logits
  /// Probabilities, from a model that ends in a softmax or a sigmoid.
  case probabilities
}
