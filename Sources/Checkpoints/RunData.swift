import Foundation

/// Data that a run was made with: where they were found, how they were read, and what they were.
public struct DataReference: Sendable, Equatable, Codable {
  /// As it was given to `Dataset.load`, `fashion-mnist:0-4` say; empty where the data were made in memory.
  public var specification: String
  /// The folder from which a relative specification is found, an absolute path; empty where it is not known.
  public var folder: String
  /// In a run's file, the way from the run to `folder`, or to the data themselves where the specification is absolute.
  var fromRun: String?
  /// What they are called in reports.
  public var name: String
  /// The hash of what they say, `Dataset.fingerprint`; nil where it is not known.
  public var fingerprint: String?
  /// How many test examples there are; nil where it is not known.
  public var testCount: Int?
  /// What images from files were brought to: channels, rows and columns, or the last two alone; empty where they were
  /// taken as they are, nil where it is not known (version 0.1): then it is the model's own shape.
  public var imageShape: [Int]?
  /// What the shorter side of images from files was resized to before the middle was cut out; nil where they were resized
  /// until they just covered the shape.
  public var imageResize: Int?
  /// Whether all images from files were read at once and random crops drawn from what they were brought to; nil of runs
  /// that know of nothing else, which did so.
  public var readsImagesWhole: Bool?
  /// Whether images that cannot be read were left out.
  public var skipsUnreadable: Bool
  /// Whether images of another size or of one channel were brought to the model's shape as they came to it.
  public var fitsImages: Bool
  /// The head that judges them; nil where it is not known.
  public var head: String?
  /// Which of them choose, and neither are trained on nor judge; nil where none do.
  public var validation: ValidationReference?
  /// The kind of task that they are for, `causal-lm` say; nil of classification.
  public var taskKind: String?
  /// Which outputs of the head that judges them the classes are, where somebody said it.
  public var classes: StatedClasses?

  /// A reference to data; without a specification, to data that were made in memory.
  ///
  /// - Parameters:
  ///   - specification: as `Dataset.load` takes it; relative ones are found from `folder`.
  ///   - folder: an absolute path.
  ///   - name: what reports call the data.
  public init(
    specification: String = "", folder: String = "", name: String, fingerprint: String? = nil, testCount: Int? = nil,
    imageShape: [Int]? = nil, imageResize: Int? = nil, readsImagesWhole: Bool? = nil, skipsUnreadable: Bool = false,
    fitsImages: Bool = false, head: String? = nil, validation: ValidationReference? = nil,
    classes: StatedClasses? = nil
  ) {
    self.specification = specification
    self.folder = folder
    self.name = name
    self.fingerprint = fingerprint
    self.testCount = testCount
    self.imageShape = imageShape
    self.imageResize = imageResize
    self.readsImagesWhole = readsImagesWhole
    self.skipsUnreadable = skipsUnreadable
    self.fitsImages = fitsImages
    self.head = head
    self.validation = validation
    self.classes = classes
  }

  /// How many test examples judge; nil where it is not known.
  public var judgingCount: Int? {
    testCount.map { $0 - (validation?.origin == .test ? validation?.count ?? 0 : 0) }
  }

  /// Whether there is nothing to load them from.
  public var isInMemory: Bool { specification.isEmpty }
}

/// The data of one task among several.
public struct TaskReference: Sendable, Equatable, Codable {
  /// What the task is called.
  public var name: String
  /// The examples that it is learnt from and judged on.
  public var data: DataReference

  /// A task by the name of its head.
  public init(name: String, data: DataReference) {
    self.name = name
    self.data = data
  }
}

/// The checkpoint that a run began from. Going on with the run does not need it once epoch 0 is in the run.
public struct BaseReference: Sendable, Equatable, Codable {
  /// As it was given.
  public var path: String
  /// The folder from which a relative path is found, an absolute path; empty where it is not known.
  public var folder: String
  /// In a run's file, the way from the run to `folder`, or to the checkpoint where its path is absolute.
  var fromRun: String?
  /// What it held, `Checkpoint.fingerprint`; nil where it is not known.
  public var fingerprint: String?

  /// A checkpoint by its path.
  ///
  /// - Parameter folder: where a relative path begins; the present folder where nothing else is said.
  public init(
    path: String, folder: String = FileManager.default.currentDirectoryPath, fingerprint: String? = nil
  ) {
    self.path = path
    self.folder = folder
    self.fingerprint = fingerprint
  }

  /// Where it stands now, from the present folder or the one it was given in; nil where it is gone.
  public var found: String? {
    guard !path.isEmpty else { return nil }
    let candidates = [path] + (path.hasPrefix("/") || folder.isEmpty ? [] : ["\(folder)/\(path)"])
    return candidates.first { FileManager.default.fileExists(atPath: $0) }
  }
}

/// What a run was made from, by the part it has in it.
public struct RunData: Sendable, Equatable, Codable {
  /// Nil where it is not known.
  public var base: BaseReference?
  /// What is trained; nil for a sequence.
  public var target: DataReference?
  /// The task that the base was trained on, judged at every epoch.
  public var source: DataReference?
  /// What stands in for the source's examples.
  public var proxy: DataReference?
  /// The tasks of a sequence, in order; of a run within one, those learnt before it.
  public var tasks: [TaskReference]

  /// What a run was made from; what is left out, it did not have.
  public init(
    base: BaseReference? = nil, target: DataReference? = nil, source: DataReference? = nil,
    proxy: DataReference? = nil, tasks: [TaskReference] = []
  ) {
    self.base = base
    self.target = target
    self.source = source
    self.proxy = proxy
    self.tasks = tasks
  }
}
