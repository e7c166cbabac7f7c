import Foundation
import TestSupport
import Testing

@Suite struct PredictCommandTests {
  private let images = Repository.fixture("images")

  private func model(in folder: TemporaryFolder, classes: String = "3") throws -> String {
    let base = folder.file("base.h5")
    #expect(try Command("new", "cnn", "--input", "3x16x16", "--classes", classes, "-o", base).status == 0)
    return base
  }

  private func answers(_ command: Command) throws -> [(file: String, classes: [(label: Int, probability: Double)])] {
    let json = try #require(try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
    return try #require(json["images"] as? [[String: Any]]).map { image in
      let classes = try #require(image["classes"] as? [[String: Any]])
      return (
        try #require(image["file"] as? String),
        try classes.map { (try #require($0["label"] as? Int), try #require($0["probability"] as? Double)) }
      )
    }
  }

  @Test func filesAndFoldersAreAnsweredWithProbabilitiesThatAddUp() throws {
    let folder = try TemporaryFolder()
    let base = try model(in: folder)
    let sub = folder.file("photos/deep")
    try FileManager.default.createDirectory(atPath: sub, withIntermediateDirectories: true)
    for (place, file) in [("b.png", "grey.png"), ("a.jpg", "colour.jpg"), ("deep/c.PNG", "Small.PNG")] {
      try FileManager.default.copyItem(atPath: "\(images)/\(file)", toPath: folder.file("photos/\(place)"))
    }
    let sheet = folder.file("sheet.html")
    let found = try Command(
      "predict", base, "\(images)/alpha.png", folder.file("photos"), "--top", "9", "--json", "-o", sheet)
    #expect(found.status == 0, "\(found.errors)")
    let answers = try answers(found)
    #expect(
      answers.map(\.file) == ["\(images)/alpha.png"]
        + ["a.jpg", "b.png", "deep/c.PNG"].map { folder.file("photos/\($0)") })
    for answer in answers {
      let probabilities = answer.classes.map(\.probability)
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-12 && probabilities == probabilities.sorted(by: >))
      #expect(Set(answer.classes.map(\.label)) == [0, 1, 2])
    }
    let page = try String(contentsOfFile: sheet, encoding: .utf8)
    #expect(page.contains("What \(base) says of 4 images.") && page.contains("Lethe has not calibrated them"))
    #expect(page.components(separatedBy: "data:image/bmp;base64,").count == 5)
    let again = try Command("predict", base, folder.file("photos"), "-o", sheet)
    #expect(again.status == 73 && again.errors.contains("it exists"))
    let told = try Command("predict", base, "\(images)/alpha.png", "--top", "1")
    #expect(told.status == 0 && told.output.contains("alpha.png") && told.output.contains("add up to 100 %"))
    #expect(told.errors.contains("says nothing of normalization"))
  }

  @Test func whatCannotBeAnsweredIsALine() throws {
    let folder = try TemporaryFolder()
    let base = try model(in: folder)
    func refused(_ status: Int32, _ words: String, _ arguments: String...) throws {
      let command = try Command(array: ["predict"] + arguments)
      #expect(command.status == status && command.errors.contains(words), "\(command.status) \(command.errors)")
      #expect(command.output.isEmpty && command.errorLines.count(where: { $0.hasPrefix("lethe:") }) == 1)
    }
    let script = "\(images)/make_images.py"
    try refused(65, "make_images.py: neither a JPEG nor a PNG; --skip-unreadable", base, "\(images)/grey.png", script)
    try refused(65, "none of 1 pictures can be read", base, script, "--skip-unreadable")
    try refused(66, "none.png: no such file", base, folder.file("none.png"))
    try refused(66, "no such", folder.file("none.h5"), "\(images)/grey.png")
    try refused(65, "no JPEG or PNG files in this folder", base, folder.path)
    try refused(65, "no head for task 'birds'", base, "\(images)/grey.png", "--head", "birds")
    try refused(64, "--top must be at least 1, found 0", base, "\(images)/grey.png", "--top", "0")
    try refused(64, "expected 16 or more, of which 16×16 is cut; --resize", base, "\(images)/grey.png", "--resize", "9")
    try refused(
      64, "--resize: expected pixels as 256, or none, found 'big'", base, "\(images)/grey.png", "--resize", "big")
    let words = folder.file("words.h5")
    #expect(try Command("import", Repository.fixture("heads/last_token.pt2"), "-o", words).status == 0)
    try refused(65, "it takes no pictures: expected one input of 4 axes", words, "\(images)/grey.png")
    let skipped = try Command("predict", base, script, "\(images)/grey.png", "--skip-unreadable", "--json")
    #expect(skipped.status == 0 && skipped.errors.contains("left out 1 that cannot be read"), "\(skipped.errors)")
    #expect(try answers(skipped).map(\.file) == ["\(images)/grey.png"])
  }

  /// What a model was trained with is what it is evaluated and asked with, unless the user says otherwise.
  @Test func theSizesOfTrainingAreKept() throws {
    let folder = try TemporaryFolder()
    let base = try model(in: folder, classes: "2")
    for (place, file) in [
      ("train/a/1.png", "grey.png"), ("train/a/2.jpg", "colour.jpg"), ("train/b/1.png", "palette.png"),
      ("train/b/2.jpeg", "progressive.jpeg"), ("test/a/1.jpeg", "progressive.jpeg"), ("test/b/1.png", "palette.png"),
    ] {
      let target = URL(fileURLWithPath: folder.file("photos/" + place))
      try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(images)/\(file)", toPath: target.path)
    }
    let (photos, run) = (folder.file("photos"), folder.file("run"))
    let trained = try Command(
      "train", base, "--data", photos, "--resize", "20", "--augment", "random-resized-crop", "--augment", "flip",
      "--epochs", "1", "--batch-size", "2", "-o", run)
    #expect(trained.status == 0, "\(trained.errors)")
    func loss(_ options: String...) throws -> Double {
      let command = try Command(array: ["evaluate", run, "--data", photos, "--json"] + options)
      let json = try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any]
      return try #require(json?["loss"] as? Double, "\(command.errors)")
    }
    #expect(try loss() == loss("--resize", "20"))
    #expect(try loss() != loss("--resize", "none"))
    let image = "\(photos)/test/b/1.png"
    let own = try answers(try Command("predict", run, image, "--json"))
    let same = try answers(try Command("predict", run, image, "--json", "--resize", "20"))
    let other = try answers(try Command("predict", run, image, "--json", "--resize", "none"))
    #expect(own[0].classes.map(\.probability) == same[0].classes.map(\.probability))
    #expect(own[0].classes.map(\.probability) != other[0].classes.map(\.probability))
    #expect(
      try Command("inspect", run + "/checkpoints/epoch-0001.h5").output.contains(
        "images from files: resized to 20, cut to 16×16"))
  }
}
