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
  ///   - folder: where a relative path is looked for too, that does not lead anywhere from the present folder.
  /// - Throws: ``DatasetError``, or `HDF5Error` for a file that HDF5 cannot read.
  public static func load(
    _ specification: String, images: ImageOptions = ImageOptions(), from folder: String? = nil
  ) throws -> Dataset {
    try load(specification, images: images, from: folder, environment: ProcessInfo.processInfo.environment)
  }

  static func load(
    _ specification: String, images: ImageOptions = ImageOptions(), from folder: String? = nil,
    environment: [String: String]
  ) throws -> Dataset {
    let present = FileManager.default.currentDirectoryPath
    for folder in [nil, folder == "" ? nil : folder] {
      guard let place = Place(specification, in: folder) else { continue }
      return try load(place, specification, images, folder ?? present, environment)
    }
    let location = Place.split(specification).location
    if let advice = [specification, location].lazy.compactMap(ForeignData.advice).first {
      throw DatasetError.notFound(path: specification, advice: advice)
    }
    throw DatasetError.notFound(
      path: location,
      advice: "give \(FashionMNIST.name), a dataset file (.h5, .csv) or a folder of images, IDX or CIFAR files")
  }

  private static func load(
    _ place: Place, _ specification: String, _ images: ImageOptions, _ folder: String, _ environment: [String: String]
  ) throws -> Dataset {
    var dataset = try loadWhole(place.location, images, environment)
    if let classes = place.classes {
      dataset = try dataset.subset(classes: dataset.classes(named: classes, specification: specification))
    }
    dataset.origin = Origin(
      specification: specification, folder: folder, images: images, isWhole: place.classes == nil)
    return dataset
  }

  private static func loadWhole(
    _ location: String, _ images: ImageOptions, _ environment: [String: String]
  ) throws -> Dataset {
    if location == FashionMNIST.name { return try FashionMNIST.load(environment: environment) }
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: location, isDirectory: &isFolder)
    let url = URL(fileURLWithPath: location)
    let name = url.deletingPathExtension().lastPathComponent
    if let table = CSVDataset(location) { return try table.dataset(name: name) }
    if let foreign = ForeignData(at: location) {
      throw DatasetError.foreign(path: location, foreign.words, python: foreign.python)
    }
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

/// What a specification leads to.
private struct Place {
  /// The path, or the name, of the whole.
  let location: String
  /// Which classes of it are meant; nil for all.
  let classes: String?

  /// Nil where it leads nowhere.
  ///
  /// - Parameter folder: where relative paths are looked for; the present folder when nil.
  init?(_ specification: String, in folder: String?) {
    let isRelative = !specification.hasPrefix("/")
    func path(_ text: String) -> String {
      guard let folder, isRelative else { return text }
      return "\(folder)/\(text)"
    }
    func exists(_ text: String) -> Bool { FileManager.default.fileExists(atPath: path(text)) }
    // A path may contain a colon itself.
    let (location, classes) = exists(specification) ? (specification, nil) : Self.split(specification)
    guard location == FashionMNIST.name || exists(location) else { return nil }
    self.location = location == FashionMNIST.name ? location : path(location)
    self.classes = classes
  }

  static func split(_ specification: String) -> (location: String, classes: String?) {
    guard let colon = specification.lastIndex(of: ":") else { return (specification, nil) }
    return (String(specification[..<colon]), String(specification[specification.index(after: colon)...]))
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
