import MartletCore
import MartletData
import MartletNN
import MartletText

/// Why a fit, an evaluation or a prediction was refused or stopped.
public enum TrainingError: Error, Sendable, Equatable {
  /// There are no rows to work on.
  case emptyData(String)
  /// Features and targets differ in their number of rows.
  case rowCounts(x: Int, y: Int)
  /// An argument cannot be used, such as a batch size of 0.
  case invalidArgument(String)
  /// A hyperparameter of the optimiser is outside its range before a step of an epoch, counted from 1. The model and
  /// the optimiser keep the steps before.
  case hyperparameter(HyperparameterError, epoch: Int)
  /// Features do not have the shape that the model takes.
  case features(String)
  /// Targets do not have the shape that the loss or a metric takes.
  case targets(String)
  /// A feature is NaN or infinite, or the loss or a metric does not take a target.
  case number(BadNumber)
  /// A label is not one of the model's classes.
  case labelOutOfRange(label: Int, row: Int, classes: Int)
  /// A loss is not one number, or outputs of the model for several batches do not have rows of the same shapes.
  case outputs(String)
  /// Another running fit changes the same model, one of its parameters or buffers, or the same optimiser. The text says
  /// which, as `parameter "0.weight"`. Nothing was changed.
  case beingFitted(String)
  /// The first step found no parameter with a gradient: there are none, all are frozen, or the loss depends on none.
  case nothingToTrain(String)
  /// Rows have weights, and a loss or a metric gives only one number for a batch. The text names it.
  case weightless(String)
  /// Outputs of the model, or a loss of them, are NaN where a number is needed.
  case notANumber(String)
  /// The training loss became NaN or infinite at a step of an epoch, both counted from 1; the model was put back.
  case nonFiniteLoss(epoch: Int, step: Int)
  /// Parameters or buffers were NaN or infinite at the end of an epoch; the model was put back.
  case nonFiniteParameters(epoch: Int)
  /// A callback or `onEpochEnd` threw.
  case callback(CallbackError)
  /// A checkpoint cannot be written, read, or gone on from.
  case checkpoint(CheckpointError)
  /// A table does not have the columns or values that were asked for.
  case table(FormatError)
  /// A table does not have the columns or values that a model's preprocessor needs.
  case columns(TableError)
  /// A stream's closures threw. The model keeps the steps before.
  case stream(StreamError)
}

extension TrainingError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    let remedy =
      "The model has its last good parameters again and the optimiser's state is cleared. Often a smaller learning "
      + "rate helps, or features of the order of 1; otherwise look for NaN in the data."
    return switch self {
    case .emptyData(let reason), .invalidArgument(let reason), .features(let reason), .targets(let reason),
      .outputs(let reason), .notANumber(let reason), .nothingToTrain(let reason):
      reason
    case .weightless(let name):
      "\(name): expected terms for the rows, since they have weights, got one number for a batch; return LossTerms of the "
        + "losses with reduction: .none, or write a metric that takes weights"
    case .hyperparameter(let error, let epoch):
      "\(error) in epoch \(epoch). The steps before it hold; look at what sets it, such as a schedule in onEpochEnd"
    case .number(let bad):
      bad.description
    case .callback(let error):
      error.description
    case .checkpoint(let error):
      error.description
    case .table(let error):
      error.description
    case .columns(let error):
      error.description
    case .stream(let error):
      error.description
    case .beingFitted(let object):
      "expected a model and an optimiser that are in no other fit, got a trainer whose \(object) is being fitted at this "
        + "moment, on another thread or around this call; wait until that fit has ended, or give each fit its own"
    case .rowCounts(let x, let y):
      DatasetError.rowCounts(x: x, y: y).description
    case .labelOutOfRange(let label, let row, let classes):
      "label \(label) in row \(row) is not one of the \(classes) classes 0…\(classes - 1); labels count from 0, and the "
        + "model's last layer needs an output for each"
    case .nonFiniteLoss(let epoch, let step):
      "the loss became NaN or infinite in epoch \(epoch), step \(step). \(remedy)"
    case .nonFiniteParameters(let epoch):
      "parameters became NaN or infinite in epoch \(epoch). \(remedy)"
    }
  }
}

extension TrainingError {
  /// Why a data set could not be made, as an error of what was asked for.
  init(_ error: DatasetError) {
    self =
      switch error {
      case .rowCounts(let x, let y): .rowCounts(x: x, y: y)
      case .empty(let reason): .emptyData(reason)
      case .invalid(let reason): .features(reason)
      }
  }
}
