// A table of any columns from a CSV file to a model's file, and predictions from that in a second process:
//
//   swift run -c release tabular [--csv FILE --target COLUMN] [--output FOLDER] [--epochs N] [--seed N]
//   swift run -c release tabular --predict FOLDER/tabular.safetensors --csv FILE
//
// Without a file it takes the table of tumours that comes with Martlet. A fifth of the rows is put aside for the test. The
// others say by stratified cross-validation what to expect, and then train the model that is saved with its preprocessing.
// The second command needs the model's file alone, and rows with the columns that it was trained with.

import Foundation
import Martlet

/// An error outside the library, with a message.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The options on the command line.
struct Options {
  var csv: String?
  var target: String?
  var predict: String?
  var output = "."
  var epochs = 40
  var seed: UInt64 = 1

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch (name, rest.popFirst()) {
      case ("--csv", let value?): csv = value
      case ("--target", let value?): target = value
      case ("--predict", let value?): predict = value
      case ("--output", let value?): output = value
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      default: throw Failure(description: "cannot make sense of '\(name)'\n" + Options.usage)
      }
    }
    if predict != nil && csv == nil || predict == nil && (csv == nil) != (target == nil) {
      throw Failure(description: "expected a file and its target, or a model and a file\n" + Options.usage)
    }
  }

  static let usage = """
    usage: tabular [--csv FILE --target COLUMN] [--output FOLDER] [--epochs N] [--seed N]
           tabular --predict MODEL --csv FILE
    """
}

func network(features: Int, classes: Int) -> Sequential {
  Sequential(inputShape: [features]) {
    Dense(32, activation: .relu)
    Dropout(0.3)
    Dense(classes)
  }
}

/// What makes features of a table's columns, as these rows have taught.
func preprocessor(_ table: Table, target: String) throws -> Preprocessor {
  try Preprocessor(
    fittedTo: table,
    [
      .numbers(of: table, except: [target]).imputed(.median).standardized(),
      .texts(of: table, except: [target]).imputed(.constant("none")).oneHot(unknown: .ignored),
    ])
}

func trainer(_ features: Int, _ classes: Int, seed: UInt64) -> Trainer<Sequential, Tensor<Int32>> {
  let model = withRandomSeed(seed) { network(features: features, classes: classes) }
  return Trainer(model, optimizer: AdamW(weightDecay: 0.05), loss: .crossEntropy, metrics: [.accuracy])
}

func train(_ options: Options) throws {
  do {
    try FileManager.default.createDirectory(atPath: options.output, withIntermediateDirectories: true)
  } catch {
    throw Failure(description: "cannot write to the folder \(options.output): \(error.localizedDescription)")
  }
  let target = options.target ?? BundledTable.breastCancer.target
  let table = try options.csv.map { try Table(csv: $0) } ?? BundledTable.breastCancer.table()
  let (learning, test) = try table.split(testFraction: 0.2, stratifiedBy: target, seed: options.seed)
  let labels = try LabelEncoder(fittedTo: table, target)
  let classes = labels.classes.count
  print("\(table.rowCount) rows, \(table.columns.count - 1) columns, classes \(labels.classes.joined(separator: ", "))")

  // What to expect: everything that is learned, the preprocessing too, is learned in each fold anew.
  var folds: [Evaluation] = []
  let strata = SplitRule.stratified(by: try labels.encode(learning).scalars)
  for (train, validation) in try learning.folds(5, by: strata, seed: options.seed) {
    let preprocessor = try preprocessor(train, target: target)
    let trainer = trainer(preprocessor.featureNames.count, classes, seed: options.seed + UInt64(folds.count))
    try trainer.fit(
      preprocessor.dataset(of: train, labels), epochs: options.epochs, seed: options.seed, progress: .none)
    folds.append(try trainer.evaluate(preprocessor.dataset(of: validation, labels)))
  }
  print("\n\(CrossValidation(folds))")

  // The model, from all rows but the test's.
  let preprocessor = try preprocessor(learning, target: target)
  let trainer = trainer(preprocessor.featureNames.count, classes, seed: options.seed)
  try trainer.fit(preprocessor.dataset(of: learning, labels), epochs: options.epochs, seed: options.seed)

  let data = try preprocessor.dataset(of: test, labels)
  let predicted = try trainer.predictClasses(data.x)
  let confusion = try ConfusionMatrix(labels: data.y, predictions: predicted, names: labels.classes)
  print("\n\(confusion.report())")
  print(String(format: "test accuracy: %.4f", confusion.accuracy))

  // Its file, and the test's rows for the second command.
  let path = options.output + "/tabular.safetensors"
  try trainer.model.save(
    to: path,
    ModelContents(
      preprocessor: preprocessor, classes: labels.classes,
      metadata: ["features": String(preprocessor.featureNames.count), "target": target]))
  let rows = options.output + "/tabular-test.csv"
  try test.dropping([target]).save(csv: rows)
  print("wrote \(path) and \(rows)")
  print("predictions: \(labels.decode(predicted).prefix(8).joined(separator: ", "))")
}

func predict(_ path: String, _ csv: String) throws {
  // The network's sizes are in the file too: nothing of the first process is needed.
  let metadata = try ModelContents(from: path)
  guard let features = metadata.metadata["features"].flatMap(Int.init) else {
    throw Failure(description: "expected a file that this program has written, got \(path)")
  }
  let model = network(features: features, classes: metadata.classes.count)
  let predictor = try TablePredictor(model, model.load(from: path))
  let classes = try predictor.predictClasses(Table(csv: csv))
  print("predictions: \(classes.prefix(8).joined(separator: ", "))")
  for (name, rows) in Dictionary(grouping: classes, by: \.self).sorted(by: { $0.key < $1.key }) {
    print("\(name): \(rows.count) of \(classes.count) rows")
  }
}

func complain(_ message: String) {
  FileHandle.standardError.write(Data("tabular: \(message)\n".utf8))
}

#if DEBUG
  complain("this is a debug build, 10 to 100 times slower; use: swift run -c release tabular")
#endif

do {
  let options = try Options(CommandLine.arguments.dropFirst())
  if let model = options.predict, let csv = options.csv {
    try predict(model, csv)
  } else {
    try train(options)
  }
} catch {
  complain("\(error)")
  exit(1)
}
