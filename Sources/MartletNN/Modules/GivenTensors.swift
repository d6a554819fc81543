import MartletCore
import MartletText

/// Named tensors for a model, of which each is taken once.
struct GivenTensors {
  private var tensors: [ExactName: AnyTensor]

  /// Of tensors with the same name the last counts.
  init(_ tensors: [(name: String, tensor: AnyTensor)]) {
    self.tensors = Dictionary(tensors.map { (ExactName($0.name), $0.tensor) }, uniquingKeysWith: { _, last in last })
  }

  func contains(_ name: String) -> Bool { tensors[ExactName(name)] != nil }

  mutating func take(_ name: String) -> AnyTensor? { tensors.removeValue(forKey: ExactName(name)) }

  /// The problems that were found, and those with the tensors that nobody has taken. One that is written like a missing
  /// name, or like one of `others` that could have been there, but for its normalisation is a single problem with that.
  func problems(with found: [ModuleError.Problem], others: [String] = []) -> [ModuleError.Problem] {
    var problems = found
    // By names that are equal where they look the same.
    var absent: [String: (name: String, index: Int?)] = [:]
    for name in others { absent[name] = (name, nil) }
    for (index, problem) in found.enumerated() {
      if case .missing(let name, _) = problem { absent[name] = (name, index) }
    }
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      if let (wanted, index) = absent.removeValue(forKey: name.text) {
        let problem = ModuleError.Problem.spelling(name: wanted, found: name.text)
        if let index { problems[index] = problem } else { problems.append(problem) }
      } else {
        problems.append(.unexpected(name: name.text, shape: tensor.shape))
      }
    }
    return problems
  }
}
