import Foundation

/// Charts as TensorBoard's page of images shows them: one event file, an image a chart.
public enum ChartImageEvents {
  /// What the file is called; TensorBoard takes every file whose name has `tfevents` in it.
  public static let fileName = "events.out.tfevents.charts"

  /// The whole event file; every image is of step 0.
  ///
  /// - Parameters:
  ///   - charts: PNG files, and the tag that each stands under.
  ///   - wallTime: when they were drawn, in seconds since 1970.
  /// - Returns: nil where one is no PNG file.
  public static func bytes(of charts: [(tag: String, png: Data)], at wallTime: Double) -> [UInt8]? {
    var file = TensorBoardEvents.header(at: wallTime)
    for chart in charts {
      guard let (width, height) = size(of: chart.png) else { return nil }
      var image = ProtobufMessage()
      image.append(Int64(height), field: ImageField.height)
      image.append(Int64(width), field: ImageField.width)
      image.append(ImageField.redGreenBlueAlpha, field: ImageField.colorSpace)
      image.append([UInt8](chart.png), field: ImageField.encoded)
      var value = ProtobufMessage()
      value.append(chart.tag, field: TensorBoardEvents.ValueField.tag)
      value.append(image, field: TensorBoardEvents.ValueField.image)
      file += TensorBoardEvents.record(
        of: TensorBoardEvents.event(at: 0, wallTime: wallTime, values: [value]).bytes)
    }
    return file
  }

  /// Of the header `IHDR`, in pixels.
  private static func size(of png: Data) -> (width: UInt32, height: UInt32)? {
    let bytes = [UInt8](png.prefix(24))
    guard bytes.count == 24, bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return nil }
    func number(at place: Int) -> UInt32 { bytes[place..<(place + 4)].reduce(0) { $0 << 8 | UInt32($1) } }
    return (number(at: 16), number(at: 20))
  }

  /// Field numbers of `tensorflow.Summary.Image`.
  private enum ImageField {
    static let height = 1
    static let width = 2
    static let colorSpace = 3
    static let encoded = 4
    /// What `colorspace` says of four channels.
    static let redGreenBlueAlpha: Int64 = 4
  }
}
