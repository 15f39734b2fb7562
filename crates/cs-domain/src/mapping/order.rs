//! Parents first, or the circle that makes it impossible.

/// The order in which everything comes after its parents, and otherwise stays as it was; or, where there is none, one
/// circle, its first element repeated at the end. `parents` gives indices; those out of range do not count.
pub(super) fn parents_first(
    count: usize,
    parents: impl Fn(usize) -> Vec<usize>,
) -> Result<Vec<usize>, Vec<usize>> {
    let parents: Vec<Vec<usize>> = (0..count)
        .map(|child| parents(child).into_iter().filter(|parent| *parent < count).collect())
        .collect();
    let mut order: Vec<usize> = Vec::with_capacity(count);
    while order.len() < count {
        let ready = parents.iter().enumerate().find(|(child, parents)| {
            !order.contains(child) && parents.iter().all(|parent| order.contains(parent))
        });
        match ready {
            Some((child, _)) => order.push(child),
            None => return Err(circle(&parents, &order)),
        }
    }
    Ok(order)
}

/// Follows parents that wait from the first element that waits; every one of them has such a parent, so the walk
/// comes back to where it was.
fn circle(parents: &[Vec<usize>], placed: &[usize]) -> Vec<usize> {
    let waits = |at: &usize| !placed.contains(at);
    let mut walk: Vec<usize> = (0..parents.len()).find(waits).into_iter().collect();
    while let Some(last) = walk.last() {
        let next = parents.get(*last).and_then(|all| all.iter().copied().find(waits));
        let Some(next) = next else { break };
        if let Some(start) = walk.iter().position(|at| *at == next) {
            walk.drain(..start);
            walk.push(next);
            break;
        }
        walk.push(next);
    }
    walk
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(edges: &[(usize, usize)], count: usize) -> Result<Vec<usize>, Vec<usize>> {
        parents_first(count, |child| {
            let own = edges.iter().filter(|(c, _)| *c == child);
            own.map(|(_, parent)| *parent).collect()
        })
    }

    #[test]
    fn what_has_no_order_to_keep_stays_where_it_was() {
        assert_eq!(order(&[], 3), Ok(vec![0, 1, 2]));
        assert_eq!(order(&[(0, 2)], 4), Ok(vec![1, 2, 0, 3]));
    }

    #[test]
    fn circles_are_spelled_out() {
        assert_eq!(order(&[(0, 0)], 1), Err(vec![0, 0]));
        assert_eq!(order(&[(0, 1), (1, 2), (2, 1)], 3), Err(vec![1, 2, 1]));
    }

    proptest! {
        #[test]
        fn either_an_order_or_a_real_circle(edges in proptest::collection::vec((0usize..8, 0usize..8), 0..14)) {
            match order(&edges, 8) {
                Ok(order) => {
                    prop_assert_eq!(order.len(), 8);
                    let at = |x: usize| order.iter().position(|y| *y == x).unwrap();
                    for (child, parent) in edges {
                        prop_assert!(at(parent) < at(child));
                    }
                }
                Err(circle) => {
                    prop_assert!(circle.len() >= 2);
                    prop_assert_eq!(circle.first(), circle.last());
                    for pair in circle.windows(2) {
                        prop_assert!(edges.contains(&(pair[0], pair[1])));
                    }
                }
            }
        }
    }
}
