import Martlet

/// Which user rated which film, and when.
struct Visit: Batchable {
  var user: Tensor<Int32>  // [batch]
  var film: Tensor<Int32>  // [batch]
  var hour: Tensor<Float>  // [batch, 1], of the day, 0…1

  func mapTensors(_ transform: some TensorTransform) -> Visit {
    Visit(user: transform(user), film: transform(film), hour: transform(hour))
  }
}

/// A model that takes a struct of tensors: a film's rating by a user, `[batch]`.
final class RatingModel: Layer {
  let users: Embedding
  let films: Embedding
  let mood = Dense(1, 1)

  init(users: Int, films: Int, size: Int) {
    self.users = Embedding(users, size: size)
    self.films = Embedding(films, size: size)
  }

  func forward(_ visit: Visit) -> Tensor<Float> {
    (users(visit.user) * films(visit.film)).sum(axis: 1) + mood(visit.hour).flattened()
  }

  func validate(_ visit: Visit) throws(ModuleError) {
    try users.validate(visit.user)
    try films.validate(visit.film)
  }
}
