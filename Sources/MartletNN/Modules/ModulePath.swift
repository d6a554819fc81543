/// The path of the innermost of some modules that run, outermost first, in the outermost; of one that reflection does not
/// find there, that of the innermost which it finds, and the types of those within.
@Sendable func modulePath(_ running: [AnyObject]) -> String {
  guard running.count > 1, let root = running[0] as? any Module else { return "" }
  var path = ""
  for module in running.dropFirst() {
    if let known = ParameterList.modulePath(of: module, in: root) {
      path = known
    } else {
      path += (path.isEmpty ? "" : ".") + "\(type(of: module))"
    }
  }
  return path
}
