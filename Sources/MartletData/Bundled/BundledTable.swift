import MartletCore
import MartletFormats
import MartletText

/// A small table that is part of the library and needs no file, to learn and test with.
///
/// ```swift
/// let iris = try BundledTable.iris.table()
/// print(iris, BundledTable.iris.classes)
/// ```
/// All are in the copies that scikit-learn ships, with its order of rows and classes.
public enum BundledTable: String, Sendable, CaseIterable {
  /// 150 irises of 3 species by 4 measures in centimetres (R. A. Fisher, 1936; UCI Machine Learning Repository,
  /// <https://doi.org/10.24432/C56C76>, licence CC BY 4.0).
  case iris
  /// 178 wines of 3 cultivars by 13 chemical measures (S. Aeberhard and M. Forina, 1991; UCI Machine Learning Repository,
  /// <https://doi.org/10.24432/C5PC7J>, licence CC BY 4.0).
  case wine
  /// 569 tumours, malignant or benign, by 30 measures of their cells' nuclei (W. Wolberg, O. Mangasarian, N. Street and
  /// W. Street, 1993; UCI Machine Learning Repository, <https://doi.org/10.24432/C5DW2B>, licence CC BY 4.0).
  case breastCancer
  /// 442 patients with diabetes by 10 measures, not scaled, with the disease's progression a year later (B. Efron, T.
  /// Hastie, I. Johnstone and R. Tibshirani, "Least angle regression", Annals of Statistics 32, 2004; in scikit-learn,
  /// licence BSD 3-clause).
  case diabetes

  /// The column to predict.
  public var target: String {
    switch self {
    case .iris: "species"
    case .wine: "cultivar"
    case .breastCancer: "diagnosis"
    case .diabetes: "progression"
    }
  }

  /// The names of the classes, class 0's first; empty where a number is to be predicted.
  public var classes: [String] {
    switch self {
    case .iris: ["setosa", "versicolor", "virginica"]
    case .wine: ["class 0", "class 1", "class 2"]
    case .breastCancer: ["malignant", "benign"]
    case .diabetes: []
    }
  }

  /// The table, with the column to predict as its last.
  public func table() throws(FormatError) -> Table { Table(try csv()) }

  /// The names of the features, in the order of the data set's columns.
  public func features() throws(FormatError) -> [String] { Array(try csv().columns.dropLast()) }

  private func csv() throws(FormatError) -> CSVTable {
    let archive =
      switch self {
      case .iris: TableArchives.iris
      case .wine: TableArchives.wine
      case .breastCancer: TableArchives.breastCancer
      case .diabetes: TableArchives.diabetes
      }
    let source = "the bundled \(rawValue)"
    let text = try Gzip.decompress(archive.withUTF8Buffer { base64Decoded($0) }, source: source)
    return try CSV.read(bytes: text, source: source, labels: classes.isEmpty ? [] : [target])
  }

  /// The features `[rows, features]` and the numbers of the classes.
  fileprivate func classification() throws(FormatError) -> Dataset<Tensor<Float>, Tensor<Int32>> {
    let csv = try csv()
    let names = try csv.classes(of: target)
    let numbers = names.map { Int32(classes.firstIndex(of: $0) ?? -1) }
    let data = try csv.dataset(classes: target)
    return data.replacingTargets(Tensor(data.storedY.scalars.map { numbers[Int($0)] }))
  }

  fileprivate func regression() throws(FormatError) -> Dataset<Tensor<Float>, Tensor<Float>> {
    try csv().dataset(targets: [target])
  }
}

extension Datasets {
  /// 150 irises: `x` `[150, 4]` and labels by `BundledTable.iris.classes`.
  ///
  /// ```swift
  /// let (train, test) = try Datasets.iris().split(testFraction: 0.3, stratified: true, seed: 1)
  /// ```
  public static func iris() throws(FormatError) -> Dataset<Tensor<Float>, Tensor<Int32>> {
    try BundledTable.iris.classification()
  }

  /// 178 wines: `x` `[178, 13]` and labels by `BundledTable.wine.classes`.
  public static func wine() throws(FormatError) -> Dataset<Tensor<Float>, Tensor<Int32>> {
    try BundledTable.wine.classification()
  }

  /// 569 tumours: `x` `[569, 30]` and labels by `BundledTable.breastCancer.classes`.
  public static func breastCancer() throws(FormatError) -> Dataset<Tensor<Float>, Tensor<Int32>> {
    try BundledTable.breastCancer.classification()
  }

  /// 442 patients with diabetes: `x` `[442, 10]`, not scaled, and `y` `[442, 1]`.
  public static func diabetes() throws(FormatError) -> Dataset<Tensor<Float>, Tensor<Float>> {
    try BundledTable.diabetes.regression()
  }
}
