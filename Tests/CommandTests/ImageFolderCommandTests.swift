import Foundation
import TestSupport
import Testing

@Suite struct ImageFolderCommandTests {
  private func photos(in folder: TemporaryFolder) throws -> String {
    let images = Repository.fixture("images")
    for (place, file) in [
      ("train/a/1.png", "grey.png"), ("train/a/2.jpg", "colour.jpg"), ("train/b/1.png", "Small.PNG"),
      ("test/a/1.jpeg", "progressive.jpeg"), ("test/b/1.png", "palette.png"),
    ] {
      let target = URL(fileURLWithPath: folder.file("photos/" + place))
      try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(images)/\(file)", toPath: target.path)
    }
    return folder.file("photos")
  }

  @Test func aFolderOfPhotographsIsTrainedOnInTheModelsShape() throws {
    let folder = try TemporaryFolder()
    let (photos, base) = (try photos(in: folder), folder.file("base.h5"))
    #expect(try Command("new", "cnn", "--input", "3x16x16", "--classes", "2", "-o", base).status == 0)
    let train = try Command(
      "train", base, "--data", photos, "--epochs", "1", "--augment", "flip", "--augment", "crop=2", "-o",
      folder.file("run"))
    #expect(train.status == 0, "\(train.errors)")
    let broken = photos + "/train/b/2.jpg"
    try Data("no image".utf8).write(to: URL(fileURLWithPath: broken))
    let refused = try Command("train", base, "--data", photos, "-o", folder.file("other"))
    #expect(refused.status == 65 && refused.errorLines.count == 1)
    #expect(refused.errors.contains("\(broken): neither a JPEG nor a PNG; --skip-unreadable"))
    let judged = try Command(
      "evaluate", folder.file("run") + "/checkpoints/epoch-0001.h5", "--data", photos, "--skip-unreadable", "--json")
    #expect(judged.status == 0 && judged.errors.contains("left out 1 that cannot be read"), "\(judged.errors)")
  }

  /// Crops of the files' own pixels are drawn again as they were.
  @Test func aRunOnPhotographsGoesOnToTheSameBits() throws {
    let folder = try TemporaryFolder()
    let (photos, base) = (try photos(in: folder), folder.file("base.h5"))
    #expect(try Command("new", "cnn", "--input", "3x16x16", "--classes", "2", "-o", base).status == 0)
    func train(_ epochs: String, _ run: String) throws {
      let command = try Command(
        "train", base, "--data", photos, "--epochs", epochs, "--batch-size", "2", "--augment", "random-resized-crop",
        "--augment", "flip", "--resize", "18", "-o", folder.file(run))
      #expect(command.status == 0, "\(command.errors)")
    }
    try train("2", "whole")
    try train("1", "part")
    #expect(try Command("train", "--resume", folder.file("part"), "--epochs", "2").status == 0)
    func weights(_ run: String) -> String { folder.file(run) + "/checkpoints/epoch-0002.h5" }
    let drift = try Command("drift", weights("whole"), weights("part"), "--json")
    #expect(drift.output.contains(#""total":{"l2":0.0,"#), "\(drift.output.suffix(200))")
    let moved = try Command("drift", weights("whole"), folder.file("whole") + "/checkpoints/epoch-0001.h5", "--json")
    #expect(!moved.output.contains(#""total":{"l2":0.0,"#))
    // Images of another size are other data than those that the run was begun with.
    let other = try Command("train", "--resume", folder.file("part"), "--epochs", "3", "--resize", "30")
    #expect(other.status == 64 || other.status == 65, "\(other.errors)")
  }

  @Test func aFolderIsConvertedToOneFile() throws {
    let folder = try TemporaryFolder()
    let photos = try photos(in: folder)
    let file = folder.file("photos.h5")
    let sized = try Command("data", "convert", photos, "--image-size", "12x20", "-o", file)
    #expect(sized.status == 0, "\(sized.errors)")
    #expect(try Command("data", "show", file).output.contains("uint8 3×12×20"))
    let mixed = try Command("data", "show", photos)
    #expect(mixed.status == 65 && mixed.errors.contains("give --image-size"), "\(mixed.errors)")
    for size in ["0", "12x", "1x2x3", "big"] {
      let wrong = try Command("data", "show", photos, "--image-size", size)
      #expect(wrong.status == 64 && wrong.errors.contains("found '\(size)'"), "\(wrong.errors)")
    }
  }
}
