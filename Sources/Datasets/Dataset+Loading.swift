import Foundation

extension Dataset {
  /// Loads a dataset by name or path, whole or some of its classes.
  ///
  /// - Parameters:
  ///   - specification: `fashion-mnist`, the path of an HDF5 dataset or CSV file, or of a folder of IDX files (plain or
  ///     compressed by gzip), CIFAR's binary files, images by class or `train.csv` and `test.csv`; then perhaps a colon
  ///     and classes by number or name, or a random half of them: `data.h5:0-4`, `fashion-mnist:1,3,5`, `fashion-mnist:half-a`.
  ///     Numbers are the dataset's own; the chosen classes are renumbered from 0.
  ///   - images: how images from files are read.
  /// - Throws: ``DatasetError``, or `HDF5Error` for a file that HDF5 cannot read.
  public static func load(_ specification: String, images: ImageOptions = ImageOptions()) throws -> Dataset {
    try load(specification, images: images, environment: ProcessInfo.processInfo.environment)
  }

  static func load(
    _ specification: String, images: ImageOptions = ImageOptions(), environment: [String: String]
  ) throws -> Dataset {
    // A path may contain a colon itself.
    if !FileManager.default.fileExists(atPath: specification), let colon = specification.lastIndex(of: ":") {
      let dataset = try loadWhole(String(specification[..<colon]), images, environment)
      let text = String(specification[specification.index(after: colon)...])
      return try dataset.subset(classes: dataset.classes(named: text, specification: specification))
    }
    return try loadWhole(specification, images, environment)
  }

  private static func loadWhole(
    _ location: String, _ images: ImageOptions, _ environment: [String: String]
  ) throws -> Dataset {
    if location == FashionMNIST.name { return try FashionMNIST.load(environment: environment) }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: location, isDirectory: &isFolder) else {
      throw DatasetError.notFound(
        path: location,
        advice: "give \(FashionMNIST.name), a dataset file (.h5, .csv) or a folder of images, IDX or CIFAR files")
    }
    let url = URL(fileURLWithPath: location)
    let name = url.deletingPathExtension().lastPathComponent
    if let table = CSVDataset(location) { return try table.dataset(name: name) }
    if isFolder.boolValue {
      if let folder = CIFARBinary(location) { return try folder.dataset(name: url.lastPathComponent) }
      if let folder = ImageFolder(location, options: images) {
        return try folder.dataset(name: url.lastPathComponent)
      }
      return try IDXFolder(location).dataset(name: url.lastPathComponent)
    }
    return try Dataset(hdf5File: location, name: url.deletingPathExtension().lastPathComponent)
  }
}

/// The photographs of clothes by Zalando Research that stand in for handwritten digits: 28 × 28, ten classes.
///
/// Xiao, Rasul and Vollgraf, "Fashion-MNIST", arXiv 1708.07747, 2017.
public enum FashionMNIST {
  /// The name it is loaded by.
  public static let name = "fashion-mnist"
  /// Its classes, in order of label.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]
  private static let installedFolder = "/usr/share/datasets/fashion-mnist"

  static func load(environment: [String: String]) throws -> Dataset {
    let folder = environment["FASHION_MNIST"] ?? installedFolder
    guard FileManager.default.fileExists(atPath: folder) else {
      throw DatasetError.notFound(
        path: folder,
        advice: "apt-get install dataset-fashion-mnist, or set FASHION_MNIST to the folder with its files")
    }
    return try IDXFolder(folder).dataset(name: name, classNames: classNames)
  }
}
