/// A box in an image: its corner, its width and its height, in pixels.
public struct DetectionBox: Sendable, Equatable {
  /// The corner's place from the left.
  public let x: Double
  /// The corner's place from above.
  public let y: Double
  /// How wide it is.
  public let width: Double
  /// How high it is.
  public let height: Double

  /// - Parameters: see the properties.
  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// Width times height.
  public var area: Double { width * height }

  /// Intersection over union with what is to be found; over this box's own area where that is a crowd.
  public func overlap(with truth: DetectionBox, isCrowd: Bool) -> Double {
    let wide = min(width + x, truth.width + truth.x) - max(x, truth.x)
    let high = min(height + y, truth.height + truth.y) - max(y, truth.y)
    guard wide > 0, high > 0 else { return 0 }
    let shared = wide * high
    return shared / (isCrowd ? area : area + truth.area - shared)
  }
}

/// An object that is to be found in an image.
public struct TrueObject: Sendable, Equatable {
  /// Where it is.
  public let box: DetectionBox
  /// How large it is by its annotation, which may be less than its box: by that it is small, medium or large.
  public let area: Double
  /// Whether it stands for many objects, any number of which may be found and none has to be.
  public let isCrowd: Bool
  /// Whether a detection of it counts as right; pycocotools takes one of an object with the number 0 for none.
  public let counts: Bool

  /// - Parameters: see the properties.
  public init(box: DetectionBox, area: Double, isCrowd: Bool = false, counts: Bool = true) {
    self.box = box
    self.area = area
    self.isCrowd = isCrowd
    self.counts = counts
  }
}

/// A box that a model found, and how sure it is.
public struct DetectedObject: Sendable, Equatable {
  /// Where it is.
  public let box: DetectionBox
  /// The surer, the greater.
  public let score: Double

  /// - Parameters: see the properties.
  public init(box: DetectionBox, score: Double) {
    self.box = box
    self.score = score
  }
}

/// Objects of which size count, in square pixels.
public enum ObjectSize: String, Sendable, CaseIterable {
  case all, small, medium, large

  /// Whether an area is within it; both ends are.
  func contains(_ area: Double) -> Bool {
    switch self {
    case .all: area >= 0 && area <= 1e10
    case .small: area >= 0 && area <= 32 * 32
    case .medium: area >= 32 * 32 && area <= 96 * 96
    case .large: area >= 96 * 96 && area <= 1e10
    }
  }
}
