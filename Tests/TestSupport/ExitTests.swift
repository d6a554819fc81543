import Testing

/// What a child process wrote to its standard error; empty where it wrote nothing.
package func errorText(_ result: ExitTest.Result?) -> String {
  result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
}
