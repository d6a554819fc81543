import Martlet
import TestSupport
import Testing

/// Tensors as NumPy prints them: `printing.safetensors`, whose script says where NumPy's way is another.
@Suite struct PrintingFixtureTests {
  @Test func `prints what NumPy prints`() throws {
    let (tensors, metadata) = try Safetensors.read(from: Fixture.path("printing"))
    #expect(tensors.count > 80)
    for (name, tensor) in tensors {
      let text = try #require(metadata[name + ".text"])
      let options = PrintOptions(stated: try #require(metadata[name + ".options"]))
      #expect(tensor.formatted(options) == text, "\(name)")
      withPrintOptions(options) { #expect(tensor.description == text, "\(name)") }
      // Views print what they show.
      if tensor.rank > 0 {
        let flipped = tensor.formatted(options)
        #expect(strided(tensor).formatted(options) == flipped, "\(name)")
      }
    }
  }

  /// The same elements, with strides.
  private func strided(_ tensor: AnyTensor) -> AnyTensor {
    func reversedTwice<S: TensorScalar>(_ type: S.Type) throws -> AnyTensor {
      let typed = try Tensor<S>(tensor)
      let axes = Array(0..<tensor.rank)
      return AnyTensor(typed.permuted(axes.reversed()).contiguous().permuted(axes.reversed()))
    }
    switch tensor.scalarType {
    case .float32: return (try? reversedTwice(Float.self)) ?? tensor
    case .float64: return (try? reversedTwice(Double.self)) ?? tensor
    case .int32: return (try? reversedTwice(Int32.self)) ?? tensor
    case .int64: return (try? reversedTwice(Int64.self)) ?? tensor
    default: return tensor
    }
  }
}

extension PrintOptions {
  /// Options such as `decimals=4 lineWidth=80 threshold=1000 edgeItems=3 suppresses=0 sign=negative`.
  fileprivate init(stated text: String) {
    self.init()
    for pair in text.split(separator: " ") {
      let parts = pair.split(separator: "=")
      let number = Int(parts[1]) ?? 0
      switch parts[0] {
      case "decimals": decimals = number
      case "lineWidth": lineWidth = number
      case "threshold": threshold = number
      case "edgeItems": edgeItems = number
      case "suppresses": suppressesScientific = number == 1
      case "sign": sign = parts[1] == "always" ? .always : parts[1] == "space" ? .space : .negative
      default: Issue.record("there is no option \(parts[0])")
      }
    }
  }
}
