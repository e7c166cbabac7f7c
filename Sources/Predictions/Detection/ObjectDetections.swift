import Metrics

/// What a detector found, as COCO has its results: a list of boxes with their image, category and score.
struct ObjectDetections {
  let path: String
  /// The detections of a category in an image, by the places that the annotations have them at, in the file's order.
  let detections: [ObjectAnnotations.Place: [DetectedObject]]

  /// - Throws: ``PredictionError``, where an image or a category is not the annotations' too.
  init(_ path: String, _ annotations: ObjectAnnotations) throws {
    let file = try PredictionFile.open(path)
    let images = Dictionary(uniqueKeysWithValues: annotations.images.enumerated().map { ($1, $0) })
    let categories = Dictionary(uniqueKeysWithValues: annotations.categories.enumerated().map { ($1.id, $0) })
    var detections: [ObjectAnnotations.Place: [DetectedObject]] = [:]
    var unknown: [String: Set<Int>] = [:]
    try JSONPredictions.reading(file, nil) { scanner in
      guard scanner.peek() == UInt8(ascii: "[") else { throw scanner.fault("a list of detections") }
      try scanner.elements { scanner in
        var (image, category) = (Int?.none, Int?.none)
        var (box, score) = (DetectionBox?.none, Double?.none)
        _ = scanner.peek()
        let start = scanner.place
        try scanner.members { scanner, key in
          switch key {
          case "image_id": image = try scanner.integer()
          case "category_id": category = try scanner.integer()
          case "bbox": box = try DetectionBox(&scanner)
          case "score": score = try scanner.number()
          default: try scanner.skip()
          }
        }
        guard let image, let category, let box, let score else {
          throw JSONScanner.Fault(place: start, expected: "a detection with image_id, category_id, bbox and score")
        }
        guard let imagePlace = images[image], let categoryPlace = categories[category] else {
          if images[image] == nil { unknown["image", default: []].insert(image) }
          if categories[category] == nil { unknown["category", default: []].insert(category) }
          return
        }
        detections[.init(image: imagePlace, category: categoryPlace), default: []].append(
          DetectedObject(box: box, score: score))
      }
      try scanner.finish()
    }
    if let (what, ids) = unknown.max(by: { $0.key < $1.key }) {
      throw PredictionError.unknown(
        what: what, ids: ids.sorted().map(String.init), file: path, annotations: annotations.path)
    }
    self.path = path
    self.detections = detections
  }

  /// Matched with the annotations' objects of a size, category by category.
  func matched(_ annotations: ObjectAnnotations, size: ObjectSize) -> [MatchedDetections] {
    var images: [[Int]] = Array(repeating: [], count: annotations.categories.count)
    for place in Set(annotations.objects.keys).union(detections.keys) { images[place.category].append(place.image) }
    return images.enumerated().map { category, images in
      MatchedDetections(
        images.sorted().map { image in
          let place = ObjectAnnotations.Place(image: image, category: category)
          return (image, annotations.objects[place] ?? [], detections[place] ?? [])
        }, size: size)
    }
  }

  /// All of pycocotools' figures.
  func scores(_ annotations: ObjectAnnotations) -> DetectionScores {
    let bySize = ObjectSize.allCases.map { ($0, matched(annotations, size: $0)) }
    return DetectionScores(
      annotations.categories.indices.map { category in
        Dictionary(uniqueKeysWithValues: bySize.map { ($0.0, $0.1[category]) })
      })
  }
}
