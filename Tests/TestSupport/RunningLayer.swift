import MartletCore

/// Runs `body` as a layer that has a name of its own, below those that run already.
public func withinLayer<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
  try LayerPath.within(
    RunningLayer(name), named: { $0.map { ($0 as! RunningLayer).name }.joined(separator: ".") }, body)
}

private final class RunningLayer {
  let name: String

  init(_ name: String) { self.name = name }
}
