import Foundation

/// A source example whose own loss rose, with what became of it place by place.
public struct WorsenedExample: Sendable, Codable {
  /// Its place among the source's test examples.
  public var index: Int
  /// Its own loss before: of a text the mean over its tokens.
  public var lossBefore: Double
  /// Its own loss after.
  public var lossAfter: Double
  /// What became of its tokens, pixels or numbers.
  public var change: ExampleChange
  /// Nil where it is not an image.
  public var picture: Picture?

  /// - Parameters: see the properties.
  public init(index: Int, lossBefore: Double, lossAfter: Double, change: ExampleChange, picture: Picture? = nil) {
    self.index = index
    self.lossBefore = lossBefore
    self.lossAfter = lossAfter
    self.change = change
    self.picture = picture
  }
}

/// What became of one example from one model to another, as far as its kind of task has such parts.
public struct ExampleChange: Sendable, Codable, Equatable {
  /// Of a text, in order, padding left out.
  public var tokens: [TokenChange]?
  /// Of an image whose every pixel has a class.
  public var masks: MaskChange?
  /// Of labels that are there or not, or of numbers.
  public var values: [ValueChange]?

  /// - Parameters: see the properties.
  public init(tokens: [TokenChange]? = nil, masks: MaskChange? = nil, values: [ValueChange]? = nil) {
    self.tokens = tokens
    self.masks = masks
    self.values = values
  }
}

/// One token of a text, and what was said of it.
public struct TokenChange: Sendable, Codable, Equatable {
  /// What stands there; of data that do not say, the token's number.
  public var text: String
  /// Its class; nil where the token itself is what is to be said.
  public var label: String?
  /// The likeliest class before, and after.
  public var before: String?
  /// The likeliest class after.
  public var after: String?
  /// The probability of what is right before; nil of a place that does not count.
  public var probabilityBefore: Double?
  /// The same after.
  public var probabilityAfter: Double?

  /// - Parameters: see the properties.
  public init(
    text: String = "", label: String? = nil, before: String? = nil, after: String? = nil,
    probabilityBefore: Double? = nil, probabilityAfter: Double? = nil
  ) {
    self.text = text
    self.label = label
    self.before = before
    self.after = after
    self.probabilityBefore = probabilityBefore
    self.probabilityAfter = probabilityAfter
  }

  /// By how many nats less likely what is right has become; nil of a place that does not count.
  public var fall: Double? {
    guard let probabilityBefore, let probabilityAfter else { return nil }
    // A probability of zero is one that is smaller than a number here can be.
    return log(max(probabilityBefore, 1e-300)) - log(max(probabilityAfter, 1e-300))
  }
}

/// The class of every pixel: the right one, and what was said before and after.
public struct MaskChange: Sendable, Equatable {
  /// In pixels, of which rows and columns are left out where it is large.
  public let width: Int
  /// In pixels, likewise.
  public let height: Int
  /// The names of the classes.
  public let classes: [String]
  /// The right class of each pixel, row by row from the top; 255 where none counts.
  public let right: [UInt8]
  /// What was said before.
  public let before: [UInt8]
  /// What is said after.
  public let after: [UInt8]
  /// The share of all the pixels that count that was right before.
  public let rightBefore: Double
  /// The share that is right after.
  public let rightAfter: Double
  /// What stands for a pixel that does not count; of more classes the last ones are taken together.
  public static let none: UInt8 = 255

  init(
    width: Int, height: Int, classes: [String], right: [UInt8], before: [UInt8], after: [UInt8], rightBefore: Double,
    rightAfter: Double
  ) {
    self.width = width
    self.height = height
    self.classes = classes
    self.right = right
    self.before = before
    self.after = after
    self.rightBefore = rightBefore
    self.rightAfter = rightAfter
  }

  /// - Parameters:
  ///   - right: of each pixel, row by row; nil where none counts. Likewise what was said.
  public init(height: Int, width: Int, classes: [String], right: [Int?], before: [Int], after: [Int]) {
    precondition(right.count == height * width && before.count == right.count && after.count == right.count)
    let stride = max(1, (max(height, width) + Picture.longestSide - 1) / Picture.longestSide)
    func kept(_ value: (Int) -> Int?) -> [UInt8] {
      Swift.stride(from: 0, to: height, by: stride).flatMap { row in
        Swift.stride(from: 0, to: width, by: stride).map { column in
          value(row * width + column).map { UInt8(min($0, Int(Self.none) - 1)) } ?? Self.none
        }
      }
    }
    func share(_ said: [Int]) -> Double {
      let counted = right.indices.filter { right[$0] != nil }
      return Double(counted.count { said[$0] == right[$0] }) / Double(max(1, counted.count))
    }
    self.height = (height + stride - 1) / stride
    self.width = (width + stride - 1) / stride
    self.classes = classes
    self.right = kept { right[$0] }
    self.before = kept { before[$0] }
    self.after = kept { after[$0] }
    (rightBefore, rightAfter) = (share(before), share(after))
  }
}

/// A label that is there or not, or a number, and what was said of it.
public struct ValueChange: Sendable, Codable, Equatable {
  /// What it is.
  public var name: String
  /// The number; 1 of a label that is there, 0 of one that is not.
  public var right: Double
  /// What was said before: of a label its probability.
  public var before: Double
  /// What is said after.
  public var after: Double
  /// Whether what is said is a probability, rather than the number itself.
  public var isProbability: Bool

  /// - Parameters: see the properties.
  public init(name: String, right: Double, before: Double, after: Double, isProbability: Bool) {
    self.name = name
    self.right = right
    self.before = before
    self.after = after
    self.isProbability = isProbability
  }

  /// By how much further from what is right it has become.
  public var worsening: Double { abs(after - right) - abs(before - right) }
}
