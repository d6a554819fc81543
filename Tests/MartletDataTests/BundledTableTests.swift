import MartletCore
import MartletData
import Testing

@Suite struct BundledTableTests {
  /// The sums are those of scikit-learn's `load_iris().data` and so on.
  @Test func `the tables are scikit-learn's`() throws {
    func sum(_ x: Tensor<Float>) -> Double { x.scalars.reduce(0) { $0 + Double($1) } }
    func counts(_ y: Tensor<Int32>) -> [Int] { (0..<3).map { label in y.scalars.count { $0 == label } } }
    let iris = try Datasets.iris()
    #expect(iris.x.shape == [150, 4] && abs(sum(iris.x) - 2078.7) < 1e-3)
    #expect(counts(iris.y) == [50, 50, 50])
    let wine = try Datasets.wine()
    #expect(wine.x.shape == [178, 13] && abs(sum(wine.x) - 159975.295999) < 1e-2)
    #expect(counts(wine.y) == [59, 71, 48])
    let cancer = try Datasets.breastCancer()
    #expect(cancer.x.shape == [569, 30] && abs(sum(cancer.x) - 1056474.4596356) < 0.1)
    #expect(counts(cancer.y) == [212, 357, 0])
    let diabetes = try Datasets.diabetes()
    #expect(diabetes.x.shape == [442, 10] && abs(sum(diabetes.x) - 276404.2336) < 0.1)
    #expect(diabetes.y.shape == [442, 1] && sum(diabetes.y) == 67243)
    #expect(diabetes.y[0..<3] == Tensor<Float>([[151], [75], [141]]))
  }

  @Test(arguments: BundledTable.allCases)
  func `names belong to the columns`(bundled: BundledTable) throws {
    let table = try bundled.table()
    #expect(table.columns == (try bundled.features()) + [bundled.target])
    if !bundled.classes.isEmpty { #expect(Set(try table.texts(bundled.target)) == Set(bundled.classes)) }
  }
}
