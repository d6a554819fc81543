import MartletCore
import MartletFormats
import MartletPlatform
import MartletText

extension Datasets {
  /// Fashion-MNIST (Zalando Research, 2017, licence MIT): 60,000 images of clothes to train with and 10,000 to test.
  ///
  /// `x` is `[n, 784]`, images of 28×28 in row-major order scaled to 0…1; labels are 0…9, named by
  /// `fashionMNISTClasses`. Any data set with MNIST's format and its four file names can be read, so also the digits of
  /// MNIST.
  ///
  /// - Parameters:
  ///   - directory: Where the four files are, compressed with gzip or plain. Without it, the environment's
  ///     `MARTLET_FASHION_MNIST`, or `/usr/share/datasets/fashion-mnist`, where Debian's package puts them.
  ///   - memoryLimit: The largest number of bytes of memory that reading one of the files may take: see
  ///     `IDX.read(from:memoryLimit:)`.
  ///
  /// Throws when a file is missing or damaged, and when the files do not hold images with a label for each.
  public static func fashionMNIST(
    directory: String? = nil, memoryLimit: Int? = nil
  ) throws(FormatError) -> (train: Dataset<Tensor<Float>, Tensor<Int32>>, test: Dataset<Tensor<Float>, Tensor<Int32>>) {
    let directory =
      directory ?? getenv("MARTLET_FASHION_MNIST").map { String(cString: $0) } ?? "/usr/share/datasets/fashion-mnist"
    return (
      try mnist(directory: directory, prefix: "train", memoryLimit: memoryLimit),
      try mnist(directory: directory, prefix: "t10k", memoryLimit: memoryLimit)
    )
  }

  /// The names of Fashion-MNIST's classes, by label.
  public static let fashionMNISTClasses = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  /// Reads one part of a data set in MNIST's format.
  private static func mnist(
    directory: String, prefix: String, memoryLimit: Int?
  ) throws(FormatError) -> Dataset<Tensor<Float>, Tensor<Int32>> {
    func read(_ name: String) throws(FormatError) -> (path: String, tensor: Tensor<UInt8>) {
      let plain = "\(directory)/\(prefix)-\(name)-ubyte"
      let path = access(plain + ".gz", R_OK) != 0 && access(plain, R_OK) == 0 ? plain : plain + ".gz"
      if access(path, R_OK) != 0 {
        throw .cannotOpen(
          path,
          remedy: ". On Debian and Ubuntu `apt-get install dataset-fashion-mnist` brings it; "
            + "elsewhere fetch the four files from https://github.com/zalandoresearch/fashion-mnist and name "
            + "their directory: Datasets.fashionMNIST(directory:) or MARTLET_FASHION_MNIST")
      }
      let tensor = try IDX.read(from: path, memoryLimit: memoryLimit)
      guard let bytes = try? Tensor<UInt8>(tensor) else {
        throw FormatError(.mismatch, source: path, reason: "expected bytes (UInt8), got \(tensor.scalarType)")
      }
      return (path, bytes)
    }
    let images = try read("images-idx3")
    let labels = try read("labels-idx1")
    if images.tensor.rank < 2 || images.tensor.count == 0 {
      throw FormatError(
        .mismatch, source: images.path, reason: "expected images, shape [n, rows, columns], got \(images.tensor.shape)")
    }
    if labels.tensor.rank != 1 || labels.tensor.count != images.tensor.shape[0] {
      throw FormatError(
        .mismatch, source: labels.path,
        reason: "expected labels for \(images.tensor.shape[0]) images, got shape \(labels.tensor.shape)")
    }
    if let label = labels.tensor.scalars.first(where: { $0 > 9 }) {
      throw FormatError(.mismatch, source: labels.path, reason: "expected labels 0…9, got label \(label)")
    }
    let count = labels.tensor.count
    let bytes = images.tensor.reshaped(to: [count, images.tensor.count / count])
    // From 0…255 to 0…1, exact at both ends; some rows at a time, so that no second array of that size is needed.
    var x = Tensor<Float>.zeros(bytes.shape)
    for start in stride(from: 0, to: count, by: 4096) {
      let rows = start..<min(count, start + 4096)
      x[rows] = bytes[rows].cast(to: Float.self) / 255
    }
    return Dataset(paired: x, labels.tensor.cast(to: Int32.self), count: count)
  }
}
