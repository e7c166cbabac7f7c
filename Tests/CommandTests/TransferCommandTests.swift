import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct TransferCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  @Test func everyCutIsTrainedAndTheFolderGoesOn() throws {
    let folder = try TemporaryFolder()
    let (base, output) = (folder.file("base.h5"), folder.file("transfer"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    let arguments = [
      "transfer", base, "--target", data + ":5-9", "--epochs", "1", "--examples", "200", "--seeds", "2", "-o", output,
      "--json",
    ]
    let first = try Command(array: arguments)
    #expect(first.status == 0, "\(first.errors)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any])
    let curves = try #require(object["curves"] as? [[String: Any]])
    #expect(curves.compactMap { $0["name"] as? String } == ["BnB", "BnB+", "AnB", "AnB+"])
    let point = try #require((curves[0]["points"] as? [[String: Any]])?.first)
    #expect(point["copiedLayers"] as? Int == 1 && (point["values"] as? [Double])?.count == 2)
    for file in ["report.html", "transfer.svg", "transfer.csv"] {
      #expect(FileManager.default.fileExists(atPath: output + "/" + file), "\(file)")
    }
    // A run that is lost is trained again, to the same result.
    try FileManager.default.removeItem(atPath: output + "/runs/AnB-layers.0-seed1")
    let again = try Command(array: arguments)
    #expect(again.output == first.output, "\(again.errors)")
    let other = try Command(array: arguments + ["--lr", "0.5"])
    #expect(other.status == 65 && other.errors.contains("begun with other options"), "\(other.errors)")
  }

  @Test func whatCannotBeCutIsSaid() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    for (arguments, reason) in [
      (["--cut", "nowhere"], "nowhere"), (["--seeds", "0"], "--seeds must be at least 1"),
      (["--freeze", "layers.0"], "the cuts freeze"),
    ] {
      let command = try Command(array: ["transfer", base, "--target", data, "-o", folder.file("no")] + arguments)
      #expect(command.status != 0 && command.status != 70 && command.errors.contains(reason), "\(command.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("no")))
  }
}
