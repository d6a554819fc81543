import MartletText

/// A callback that only writes files. It comes after all others, and a checkpoint goes on without it.
///
/// A file that cannot be written does not end the fit, since the model would be lost with it: the fit throws at its end.
package protocol RecordingCallback: Callback {
  /// Why the last writing failed; nil when it did not.
  var failure: CheckpointError? { get set }
}

extension RecordingCallback {
  /// Writes; a failure is shown with the progress, once for each reason.
  package func attempt(_ fit: FitState, _ write: () throws -> Void) {
    do {
      try write()
      failure = nil
    } catch {
      let found = (error as? FormatError).map { .file($0) } ?? error as? CheckpointError ?? .state("\(error)")
      if failure != found { fit.log("\(type(of: self)), epoch \(fit.epoch), step \(fit.step): \(found)") }
      failure = found
    }
  }

  package func throwFailure() throws(CheckpointError) {
    if let failure { throw failure }
  }
}
