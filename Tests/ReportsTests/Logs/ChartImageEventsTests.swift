import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite struct ChartImageEventsTests {
  private let png = try? Data(contentsOf: URL(fileURLWithPath: Repository.fixture("images/colour.png")))

  @Test func whatIsNoImageHasNoEvents() {
    #expect(ChartImageEvents.bytes(of: [("chart", Data("<svg/>".utf8))], at: 1) == nil)
  }

  @Test(.enabled(if: Python.hasTensorBoard)) func tensorBoardReadsTheImages() throws {
    let png = try #require(png)
    let folder = try TemporaryFolder()
    let events = try #require(
      ChartImageEvents.bytes(of: [("charts/one", png), ("charts/two", png)], at: 1_700_000_000))
    try Data(events).write(to: URL(fileURLWithPath: folder.file(ChartImageEvents.fileName)))
    let output = try Python.run(
      """
      import sys
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      events = EventAccumulator(sys.argv[1], size_guidance={"images": 0})
      events.Reload()
      assert events.Tags()["images"] == ["charts/one", "charts/two"], events.Tags()
      for tag in events.Tags()["images"]:
          image, = events.Images(tag)
          assert image.encoded_image_string == open(sys.argv[2], "rb").read()
          assert image.wall_time == 1700000000 and image.step == 0
          print(image.width, image.height)
      """, folder.path, Repository.fixture("images/colour.png"))
    // As Python's `struct.unpack(">II", data[16:24])` has them.
    let size = [UInt8](png[16..<24])
    #expect(output.split(separator: "\n").suffix(2) == ["\(size[3]) \(size[7])", "\(size[3]) \(size[7])"])
  }
}
