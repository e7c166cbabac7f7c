import Files
import Metrics

/// Images and the objects in them as COCO's `instances.json` has them.
struct ObjectAnnotations: Sendable {
  /// A category of objects.
  struct Category {
    let id: Int
    let name: String
  }

  let path: String
  /// The images' numbers, ascending: their places here are what all else counts by.
  let images: [Int]
  /// Ascending by number.
  let categories: [Category]
  /// The objects of a category in an image, by the places of both, in the file's order.
  let objects: [Place: [TrueObject]]

  /// The places of an image and of a category.
  struct Place: Hashable {
    let image: Int
    let category: Int
  }

  /// - Throws: ``PredictionError``.
  init(_ path: String) throws {
    let file = try PredictionFile.open(path)
    var images: Set<Int> = []
    var categories: [Int: String] = [:]
    var annotations: [Annotation] = []
    var missing: Set<String> = ["images", "annotations", "categories"]
    try JSONPredictions.reading(file, nil) { scanner in
      guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.fault("COCO's annotations, an object") }
      try scanner.members { scanner, key in
        missing.remove(key)
        switch key {
        case "images":
          try scanner.elements { images.insert(try Self.integer("id", of: &$0)) }
        case "categories":
          try scanner.elements { scanner in
            var (id, name) = (Int?.none, "")
            let start = scanner.place
            try scanner.members { scanner, key in
              switch key {
              case "id": id = try scanner.integer()
              case "name": if case .string(let text) = try scanner.value() { name = text }
              default: try scanner.skip()
              }
            }
            guard let id else { throw JSONScanner.Fault(place: start, expected: "a category with an id") }
            categories[id] = name.isEmpty ? "\(id)" : name
          }
        case "annotations":
          try scanner.elements { annotations.append(try Annotation(&$0)) }
        default: try scanner.skip()
        }
      }
    }
    guard missing.isEmpty else {
      throw PredictionError.malformed(
        file: path, reason: "expected COCO's annotations; no \(missing.sorted().joined(separator: ", "))")
    }
    self.path = path
    self.images = images.sorted()
    self.categories = categories.sorted { $0.key < $1.key }.map { Category(id: $0.key, name: $0.value) }
    let imagePlaces = Dictionary(uniqueKeysWithValues: self.images.enumerated().map { ($1, $0) })
    let categoryPlaces = Dictionary(uniqueKeysWithValues: self.categories.enumerated().map { ($1.id, $0) })
    try Self.requireDistinct(annotations.map(\.id), path)
    var objects: [Place: [TrueObject]] = [:]
    for annotation in annotations {
      guard let image = imagePlaces[annotation.image], let category = categoryPlaces[annotation.category] else {
        let isOfImage = imagePlaces[annotation.image] == nil
        throw PredictionError.unknown(
          what: isOfImage ? "image" : "category", ids: ["\(isOfImage ? annotation.image : annotation.category)"],
          file: "annotation \(annotation.id)", annotations: path)
      }
      objects[Place(image: image, category: category), default: []].append(annotation.object)
    }
    self.objects = objects
  }

  /// One member of an object.
  private static func integer(_ name: String, of scanner: inout JSONScanner) throws -> Int {
    var found: Int?
    let start = scanner.place
    try scanner.members { scanner, key in
      if key == name { found = try scanner.integer() } else { try scanner.skip() }
    }
    guard let found else { throw JSONScanner.Fault(place: start, expected: "an object with '\(name)'") }
    return found
  }

  private static func requireDistinct(_ ids: [Int], _ path: String) throws {
    var seen: Set<Int> = []
    let twice = ids.filter { !seen.insert($0).inserted }
    guard let first = twice.first else { return }
    throw PredictionError.duplicates(file: path, example: "\(first)", places: ["annotations"], count: twice.count)
  }

  /// An entry of `annotations`.
  private struct Annotation {
    let id: Int
    let image: Int
    let category: Int
    let object: TrueObject

    init(_ scanner: inout JSONScanner) throws {
      var (id, image, category) = (Int?.none, Int?.none, Int?.none)
      var (box, area, isCrowd) = (DetectionBox?.none, Double?.none, false)
      _ = scanner.peek()
      let start = scanner.place
      try scanner.members { scanner, key in
        switch key {
        case "id": id = try scanner.integer()
        case "image_id": image = try scanner.integer()
        case "category_id": category = try scanner.integer()
        case "bbox": box = try DetectionBox(&scanner)
        case "area": area = try scanner.number()
        case "iscrowd":
          switch try scanner.value() {
          case .bool(let value): isCrowd = value
          case .number(let text): isCrowd = Double(text) != 0
          default: throw scanner.fault("iscrowd as 0 or 1")
          }
        default: try scanner.skip()
        }
      }
      guard let id, let image, let category, let box, let area else {
        throw JSONScanner.Fault(place: start, expected: "an annotation with id, image_id, category_id, bbox and area")
      }
      (self.id, self.image, self.category) = (id, image, category)
      object = TrueObject(box: box, area: area, isCrowd: isCrowd, counts: id != 0)
    }
  }
}

extension DetectionBox {
  /// Four numbers.
  init(_ scanner: inout JSONScanner) throws {
    let start = scanner.place
    var numbers: [Double] = []
    try scanner.elements { numbers.append(try $0.number()) }
    guard numbers.count == 4 else { throw JSONScanner.Fault(place: start, expected: "a box of four numbers") }
    self.init(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
  }
}
