import MartletPlatform

/// Creates a directory and those that it is in; whether that has worked is seen when it is used.
package func createDirectory(_ path: String) {
  var end = path.startIndex
  while end < path.endIndex {
    end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
    mkdir(String(path[..<end]), 0o777)
  }
}
