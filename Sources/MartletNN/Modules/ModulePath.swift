/// The path of the innermost of the modules that are running, within the outermost; `running` lists them outermost
/// first.
///
/// The types of modules that reflection does not find in the outermost are appended to the path of the last one that it
/// finds.
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
